"""Two layers at once: their order, and what is chosen afterwards."""

import inside


def main(style, empty=False, **arguments):
    """With ``empty`` a layer in which there is nothing is chosen, too."""
    image = inside.image()
    large = inside.layer(image, name="large")
    small = inside.layer(image, 100, 80, offset=(10, 5), name="small", seed=2)
    before = {each.get_id(): inside.digest(each) for each in (large, small)}
    chosen = [small, large]
    if empty:
        nothing = inside.layer(image, name="nothing")
        nothing.add_alpha()
        nothing.edit_clear()
        chosen.insert(1, nothing)
    result, _ = inside.paint(image, chosen, style, **arguments)
    if empty:
        image.remove_layer(nothing)
    layers = image.get_layers()

    def called(layer):
        if layer.get_id() not in before:
            return "painted"
        changed = inside.digest(layer) != before[layer.get_id()]
        return f"{'painted ' if changed else ''}{layer.get_name()}"

    painted = [each for each in layers if inside.described(each)["parasite"] is not None]
    told = {
        "result": result,
        "order": [called(each) for each in layers],
        "sizes": [[each.get_width(), each.get_height()] for each in painted],
        "painted": [each.get_id() for each in painted],
        "selected": sorted(each.get_id() for each in image.get_selected_layers()),
    }
    told["painted"].sort()
    image.delete()
    return told
