"""Paint a layer, then again from the layer that came of it; and from one that tells nothing."""

import inside

AGAIN = "plug-in-neural-style-again"


def main(style, **arguments):
    image = inside.image()
    photo = inside.layer(image)
    first_result, first = inside.paint(image, [photo], style, **arguments)
    told = {"first": first_result}
    if first is not None:
        second_result, second = inside.paint(image, [first], procedure=AGAIN)
        told["second"] = second_result
        if second is not None:
            told["settings"] = [
                inside.described(each)["parasite"]["settings"] for each in (first, second)
            ]
            told["styles"] = [
                inside.described(each)["parasite"]["styles"] for each in (first, second)
            ]
            told["from the photo"] = [
                inside.described(each)["parasite"]["layer"] == photo.get_tattoo()
                for each in (first, second)
            ]
            told["layers"] = len(image.get_layers())
            told["just above the photo"] = image.get_item_position(second) + 1 == (
                image.get_item_position(photo)
            )
            image.remove_layer(photo)
            third_result, third = inside.paint(image, [second], procedure=AGAIN, output="replace")
            told["third"] = third_result
            told["itself"] = third == second
    image.delete()
    return told
