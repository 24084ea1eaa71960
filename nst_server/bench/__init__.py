"""``nst bench``: figures about speed and quality that anyone can reproduce with one command."""

ABOUT = {
    "step": "one step of the engine against its convolutions alone",
    "classic": "time to the loss that the notebook's loop ends with",
    "start": "help, server, cold and warm worker, in real processes",
    "transfer": "a layer of 24 megapixels to the engine and back",
    "growth": "seconds and memory per megapixel, from 0.25 to 24 megapixels",
    "folder": "photographs a minute, by one process and by one for each",
}
"""The subject of each speed benchmark, in running order."""
