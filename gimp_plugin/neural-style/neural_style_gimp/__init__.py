"""GIMP's side of Neural Style: standard library, GObject and pyzmq only.

`installation`, `i18n`, `progress.wording`, `progress.painting` and `dialog.draft` know nothing of
GIMP and are tested without it. Nothing here calls GIMP or GTK while it is imported, as that can
keep GIMP from registering the plug-in.
"""
