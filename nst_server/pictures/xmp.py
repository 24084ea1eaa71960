"""XMP packets, without what they say of pixels, pictures and videos that a result does not have."""

from __future__ import annotations

from collections.abc import Set
from xml.dom import minidom
from xml.parsers.expat import ExpatError

Untrue = Set[tuple[str, str]]
"""Namespaces and names of properties."""

_GOOGLE_PHOTOS = "http://ns.google.com/photos/1.0/"
_KEPT_OF_GOOGLE = _GOOGLE_PHOTOS + "panorama/"

_OF_APPENDED_PICTURES = (
    _GOOGLE_PHOTOS,  # motion photos, containers, depth maps, embedded images
    "http://ns.google.com/photos/dd/1.0/",
    "http://ns.google.com/videos/1.0/",
    "http://ns.oplus.com/photos/1.0/",
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.adobe.com/hdr-metadata/",
    "http://ns.apple.com/HDRGainMap/",
    "http://ns.apple.com/HDRToneMap/",
    "http://ns.apple.com/pixeldatainfo/",
    "http://ns.apple.com/adjustment-settings/",
    "http://ns.adobe.com/xmp/note/",  # where the rest of a long packet is
    "http://ns.adobe.com/xap/1.0/g/img/",  # thumbnails
    "http://ns.xperiencetech.com/",
)
"""Beginnings of namespaces of which nothing is true any more."""

_XMP = "http://ns.adobe.com/xap/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"

_OF_OLD_PIXELS = {
    (_XMP, "Thumbnails"),
    ("http://purl.org/dc/elements/1.1/", "format"),
    ("http://cipa.jp/exif/1.0/", "InteropIndex"),
    (_PHOTOSHOP, "ColorMode"),
    (_PHOTOSHOP, "ICCProfile"),
    *(
        (_TIFF, name)
        for name in (
            *("Orientation", "ImageWidth", "ImageLength", "BitsPerSample", "Compression"),
            *("PhotometricInterpretation", "SamplesPerPixel", "PlanarConfiguration"),
            *("YCbCrSubSampling", "YCbCrPositioning"),
            *("XResolution", "YResolution", "ResolutionUnit"),
        )
    ),
    *(
        (_EXIF, name)
        for name in (
            *("PixelXDimension", "PixelYDimension", "ColorSpace", "ComponentsConfiguration"),
            *("CompressedBitsPerPixel", "NativeDigest", "SubjectArea", "SubjectLocation"),
        )
    ),
}
"""Namespace and name of properties that describe the file that was read."""

_OF_PLACES = {
    ("http://www.metadataworkinggroup.com/schemas/regions/", "Regions"),
    ("http://ns.microsoft.com/photo/1.2/", "RegionInfo"),
}
"""Properties with places in the picture, as it lay before it was turned upright."""


def without_old_pixels(packet: bytes, turned: bool) -> bytes | None:
    """The packet without such properties; None if it is not XML, of which nothing can be told.

    ``turned`` says that the picture did not lie upright, so that no place in it is right any more.
    """
    try:
        document = minidom.parseString(packet.strip(b"\0 \r\n\t"))
    except (ExpatError, ValueError, LookupError, AttributeError):
        return None
    if document.documentElement is None:
        return None
    _clean(document.documentElement, _OF_OLD_PIXELS | (_OF_PLACES if turned else set()))
    return b"".join(node.toxml("utf-8") for node in document.childNodes)


def _clean(element: minidom.Element, untrue: Untrue) -> None:
    for attribute in list(element.attributes.values()):
        declared = attribute.value if attribute.prefix == "xmlns" else attribute.namespaceURI
        name = "" if attribute.prefix == "xmlns" else attribute.localName
        if _is_untrue(declared, name, untrue):
            element.removeAttributeNode(attribute)
    for child in list(element.childNodes):
        if child.nodeType == child.ELEMENT_NODE:
            if _is_untrue(child.namespaceURI, child.localName, untrue):
                element.removeChild(child)
            else:
                _clean(child, untrue)


def _is_untrue(namespace: str | None, name: str | None, untrue: Untrue) -> bool:
    namespace = namespace or ""
    if (namespace, name) in untrue:
        return True
    return namespace.startswith(_OF_APPENDED_PICTURES) and namespace != _KEPT_OF_GOOGLE
