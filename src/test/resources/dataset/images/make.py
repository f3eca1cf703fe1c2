"""Writes small images of every kind, and what TensorFlow decodes them to, beside this script.

Needs numpy, Pillow and TensorFlow 2.18. NAME.KIND is an image; NAME.KIND.npy is tf.io.decode_image of it with as many channels
as its name's last part says; for JPEG, NAME.KIND.accurate.npy is the same with the transform that Java's decoder has.
"""
import io
import os
import struct
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf
from PIL import Image, ImageCms

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
H, W = 13, 18
ramp = np.stack(np.meshgrid(np.linspace(0, 255, H), np.linspace(0, 255, W), indexing="ij"), -1)
RGB = np.clip(np.concatenate([ramp, 255 - ramp[..., :1]], -1) + rng.normal(0, 12, (H, W, 3)), 0, 255).astype("u1")
ALPHA = np.linspace(0, 255, H * W).reshape(H, W, 1).astype("u1")
RGBA = np.concatenate([RGB, ALPHA], -1)
GREY = RGB[..., 1]


def save(image, kind, **options):
    to = io.BytesIO()
    image.save(to, kind, **options)
    return to.getvalue()


def put(name, data, *channels):
    with open(f"{HERE}/{name}", "wb") as f:
        f.write(data)
    for c in channels:
        y = tf.io.decode_image(data, channels=c, expand_animations=False).numpy()
        np.save(f"{HERE}/{name}.{c}.npy", y)
        if name.endswith("jpg"):
            np.save(f"{HERE}/{name}.{c}.accurate.npy", tf.io.decode_jpeg(data, channels=c, dct_method="INTEGER_ACCURATE").numpy())


def profile():
    """sRGB's profile with the primaries of Display P3."""
    b = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    p3 = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2920, 0.6922, 0.0419), b"bXYZ": (0.1571, 0.0666, 0.7841)}
    for i in range(struct.unpack(">I", b[128:132])[0]):
        o = 132 + 12 * i
        if bytes(b[o : o + 4]) in p3:
            at = struct.unpack(">I", b[o + 4 : o + 8])[0]
            b[at + 8 : at + 20] = struct.pack(">iii", *[int(v * 65536) for v in p3[bytes(b[o : o + 4])]])
    return bytes(b)


def adobe(jpeg, transform):
    """The file without JFIF's marker, with Adobe's where a transform is given."""
    assert jpeg[2:4] == b"\xff\xe0"
    rest = jpeg[4 + struct.unpack(">H", jpeg[4:6])[0] :]
    marker = b"" if transform is None else b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    return jpeg[:2] + marker + rest


def with_ids(jpeg, ids):
    """The file with other numbers for its components."""
    b = bytearray(jpeg)
    frame, scan = b.index(b"\xff\xc0"), b.index(b"\xff\xda")
    for i, v in enumerate(ids):
        b[frame + 10 + 3 * i] = v
        b[scan + 5 + 2 * i] = v
    return bytes(b)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


colour = Image.fromarray(RGB)
full = save(colour, "JPEG", quality=92, subsampling=0)
put("full.jpg", full, 3)
for s, n in ((1, "halfwidth"), (2, "half")):
    put(f"{n}.jpg", save(colour, "JPEG", quality=85, subsampling=s), 3)
put("grey.jpg", save(Image.fromarray(GREY), "JPEG", quality=90), 1, 3)
put("progressive.jpg", save(colour, "JPEG", quality=85, progressive=True), 3)
put("restarts.jpg", save(colour, "JPEG", quality=85, restart_marker_blocks=1), 3)
put("profile.jpg", save(colour, "JPEG", quality=92, subsampling=0, icc_profile=profile()), 3)
exif = Image.Exif()
exif[0x0112] = 6
put("turned.jpg", save(colour, "JPEG", quality=92, exif=exif), 3)
put("adobe_rgb.jpg", adobe(full, 0), 3)
put("adobe_ycc.jpg", adobe(full, 1), 3)
put("bare.jpg", adobe(full, None), 3)
put("bare_rgb.jpg", with_ids(adobe(full, None), b"RGB"), 3)
put("bare_other.jpg", with_ids(adobe(full, None), bytes([0, 1, 2])), 3)
cmyk = save(Image.fromarray(np.concatenate([RGB, ALPHA // 2 + 100], -1), "CMYK"), "JPEG", quality=92)
put("adobe_cmyk.jpg", cmyk, 3)
at = cmyk.index(b"Adobe")
put("adobe_ycck.jpg", cmyk[: at + 11] + b"\x02" + cmyk[at + 12 :], 3)
put("cmyk.jpg", cmyk[: at - 4] + cmyk[at + 12 :], 3)

put("grey.png", save(Image.fromarray(GREY), "PNG"), 1, 3, 4)
put("bits.png", save(Image.fromarray(GREY > 128), "PNG"), 1, 3)
put("grey_alpha.png", save(Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), "PNG"), 1, 3, 4)
put("rgb.png", save(colour, "PNG"), 3, 4)
put("rgba.png", save(Image.fromarray(RGBA), "PNG"), 3, 4)
# With 4 channels TensorFlow gives palettes of 16 colours an alpha of 15: not imitated.
put("palette.png", save(colour.quantize(16), "PNG"), 3)
put("palette_clear.png", save(colour.quantize(16), "PNG", transparency=3), 3, 4)
put("rgb_clear.png", save(colour, "PNG", transparency=tuple(int(v) for v in RGB[2, 3])), 3, 4)
plain = save(colour, "PNG")
put("gamma.png", plain[:33] + chunk(b"gAMA", struct.pack(">I", 100000)) + plain[33:], 3)
put("profile.png", save(colour, "PNG", icc_profile=profile()), 3)
wide = (RGBA.astype("u2") << 8) | rng.integers(0, 256, RGBA.shape).astype("u2")
for c, n in ((1, "grey16"), (3, "rgb16"), (4, "rgba16")):
    put(f"{n}.png", tf.io.encode_png(wide[..., :c]).numpy(), 3, 4)
put("plain.gif", save(colour.quantize(32), "GIF"), 3)
put("moving.gif", save(colour.quantize(32), "GIF", save_all=True, append_images=[colour.rotate(180).quantize(32)]), 3)
put("plain.bmp", save(colour, "BMP"), 3)
