"""Registration with GIMP, and the boundary that no exception crosses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neural_style_gimp import installation
from neural_style_gimp.i18n import _, speak
from neural_style_gimp.image.gimp import Gegl, Gimp, GLib, GObject

PROCEDURE = "plug-in-neural-style"
AGAIN = "plug-in-neural-style-again"


class NeuralStyle(Gimp.PlugIn):  # type: ignore[misc]
    """The plug-in: registers and creates its procedures for GIMP."""

    folder = Path()
    """Folder in which the plug-in is installed."""

    def do_set_i18n(self, name: str) -> bool:
        return False  # `main` has set the language, also where the C library lacks it

    def do_query_procedures(self) -> list[str]:
        return [PROCEDURE, AGAIN]

    def do_create_procedure(self, name: str) -> Any:
        Gegl.init(None)
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run, None)
        procedure.set_image_types("*")
        sensitivity = Gimp.ProcedureSensitivityMask.DRAWABLE
        if name == PROCEDURE:
            sensitivity |= Gimp.ProcedureSensitivityMask.DRAWABLES
        procedure.set_sensitivity_mask(sensitivity)
        if name == AGAIN:
            procedure.set_menu_label(_("Neural Style A_gain from This Layer…"))
            procedure.set_documentation(
                _("Paint again as a layer was painted"),
                _(
                    "Takes every argument except the output from a layer that Neural Style "
                    "painted, and paints its original layer again, or the painted layer itself "
                    "if the original is gone."
                ),
                None,
            )
        else:
            procedure.set_menu_label(_("Neural St_yle…"))
            procedure.set_documentation(
                _("Paint a layer in the style of a picture"),
                _(
                    "A server on this machine, or on the one that `nst remote` names, paints the "
                    "layer, or the selected part of it, in the style of a picture of your choice. "
                    "The server is started when it is needed."
                ),
                None,
            )
        procedure.add_menu_path("<Image>/Filters")
        procedure.set_attribution("Neural Style for GIMP contributors", "MIT license", "2026")
        try:
            from neural_style_gimp.request.procedure_arguments import add_arguments
        except ImportError:
            return procedure  # registered nevertheless: `_run` tells what is missing
        add_arguments(procedure)
        return procedure


def _run(
    procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any, data: Any
) -> Any:
    try:
        return _attempt(procedure, run_mode, image, drawables, config)
    except Exception as error:
        log = installation.log_failure(NeuralStyle.folder)
        return _failure(
            procedure,
            _("Neural Style failed unexpectedly ({reason}). {log} tells more.").format(
                reason=error, log=log
            ),
        )


def _attempt(procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any) -> Any:
    try:
        from neural_style_gimp.run import run, run_again
        from nst_server.values.errors import NeuralStyleError
    except ImportError as error:
        return _failure(procedure, installation.incomplete(error))
    home = installation.home(NeuralStyle.folder)
    try:
        act = run_again if procedure.get_name() == AGAIN else run
        layer = act(procedure, run_mode, image, drawables, config, home)
    except NeuralStyleError as error:
        if error.code == "cancelled":
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
        return _failure(procedure, error.translated(_))
    if not image.is_valid():
        # It was closed meanwhile; GIMP would complain that it cannot keep the arguments with it.
        Gimp.get_plug_in().set_pdb_error_handler(Gimp.PDBErrorHandler.PLUGIN)
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())
    values.remove(1)
    values.insert(1, GObject.Value(Gimp.Layer, layer))
    return values


def _failure(procedure: Any, message: str) -> Any:
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error(message))


def main(folder: Path, arguments: Sequence[str]) -> int:
    """Serve one request of GIMP, which starts this, and end."""
    speak(GLib.get_language_names(), folder / "locale")
    installation.add_server_code(folder)
    NeuralStyle.folder = folder
    return int(Gimp.main(NeuralStyle.__gtype__, list(arguments)))
