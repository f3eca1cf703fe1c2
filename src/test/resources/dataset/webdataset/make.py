"""Writes small WebDataset shards beside this script. Sample i is an image of 4 × 4 pixels of value 10·i, its class i % 3."""
import io
import json
import os
import tarfile

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def png(i):
    to = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), 10 * i, "u1")).save(to, "PNG")
    return to.getvalue()


def write(name, make, first=0, mode="w", count=6):
    os.makedirs(os.path.dirname(f"{HERE}/{name}"), exist_ok=True)
    with tarfile.open(f"{HERE}/{name}", mode, format=tarfile.USTAR_FORMAT) as tar:
        for i in range(first, first + count):
            for ending, data in make(i).items():
                entry = tarfile.TarInfo(f"set/{i:06d}.{ending}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


def cls(i):
    return {"png": png(i), "cls": str(i % 3).encode()}


write("cls.tar", cls)
write("cls.tar.gz", cls, mode="w:gz")
write("named.tar", lambda i: {"cls": ("cat", "bird", "dog")[i % 3].encode() + b"\n", "PNG": png(i)})
write("json.tar", lambda i: {"json": json.dumps({"label": i % 3, "caption": "x", "box": [1, 2]}).encode(), "png": png(i), "txt": b"seen at 5"})
write("parts/train-000000.tar", cls)
write("parts/train-000001.tar", cls, 6)
write("parts/val-000000.tar", cls, 12)
write("broken.tar", lambda i: {"png": png(i)[: 40 if i == 3 else None], "cls": str(i % 3).encode()} if i != 4 else {"cls": b"1"})
