"""GIMP's side of Neural Style: standard library, GObject and pyzmq only.

`installation`, `wording` and `painting` know nothing of GIMP and are tested without it; nothing
here calls GIMP or GTK while it is imported, as that can keep GIMP from registering the plug-in.
"""
