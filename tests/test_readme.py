"""The README's table of options is that of the settings."""

from __future__ import annotations

from pathlib import Path

from nst_server.values.settings import OPTIONS, Option

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- options: made from nst_server/values/settings.py by tests/test_readme.py -->\n"
END = "<!-- end of options -->"


def table() -> str:
    """All options, those that people see in GIMP first."""
    lines = ["| option | values | meaning |", "|---|---|---|"]
    for expert in (False, True):
        if expert:
            lines.append("| **for experts** | | |")
        for name, option in OPTIONS.items():
            if option.expert is expert:
                flag = f"`--{name.replace('_', '-')}`"
                values = _values(option, option.default)
                lines.append(f"| {flag} | {values} | {option.help} |")
    return "\n".join(lines) + "\n"


def _values(option: Option, default: object) -> str:
    """What is allowed, the default in bold."""
    if option.minimum is not None:
        number = f"{option.minimum:.10g} to {option.maximum:.10g} {option.unit}".strip()
        kept = [*option.words, number, *([] if default in option.words else [f"**{default:g}**"])]
    elif isinstance(default, bool):
        kept = ["yes", "no"]
        default = "yes" if default else "no"
    else:
        kept = list(option.choices) or ["text"]
    return ", ".join(f"**{value}**" if value == default else value for value in kept)


def test_table_of_options_is_that_of_the_settings() -> None:
    text = README.read_text(encoding="utf-8")
    found = text.split(BEGIN)[1].split(END)[0]
    assert found == table(), f"put this between the marks of README.md:\n{table()}"
