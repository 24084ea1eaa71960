"""A painting that takes minutes, for tests that disturb it."""

import inside


def main(style):
    image = inside.image()
    photo = inside.layer(image)
    before = inside.state(image)
    result, painted = inside.paint(image, [photo], style, preset="classic")
    after = inside.state(image)
    image.delete()
    return {"result": result, "painted": painted is not None, "before": before, "after": after}
