"""Writes small Parquet files beside this script: pyarrow and Hugging Face's datasets. Sample i is an image of 4 × 4 pixels of value
10·i, its class i % 3."""
import io
import os

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["zebra", "ant", "moth"]


def png(i):
    to = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), 10 * i, "u1")).save(to, "PNG")
    return to.getvalue()


def write(name, first=0, count=6, labels=None, **options):
    """As datasets' own to_parquet, with other pages."""
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)})
    rows = range(first, first + count)
    table = pa.table(
        {
            "image": pa.array([{"bytes": png(i), "path": f"{i}.png"} for i in rows], features.arrow_schema.field("image").type),
            "label": pa.array(labels or [i % 3 for i in rows], pa.int64()),
        },
        schema=features.arrow_schema,
    )
    os.makedirs(os.path.dirname(f"{HERE}/{name}"), exist_ok=True)
    pq.write_table(table, f"{HERE}/{name}", **options)


for codec in ("none", "snappy", "gzip", "zstd"):
    for version in ("1.0", "2.0"):
        write(f"{codec}-v{version[0]}.parquet", compression=codec, data_page_version=version, row_group_size=4)
write("plain.parquet", use_dictionary=False, data_page_size=64, write_page_index=True, write_page_checksum=True)
write("lz4.parquet", compression="lz4")
write("unlabelled.parquet", labels=[-1] * 6)
write("parts/data/train-00000-of-00002-0a1b2c.parquet")
write("parts/data/train-00001-of-00002-0a1b2c.parquet", 6)
write("parts/data/test-00000-of-00001-0a1b2c.parquet", 12)

rows = [{"bytes": png(i), "path": None} for i in range(6)]
features = datasets.Features({"img": datasets.Image(), "fine": datasets.ClassLabel(names=NAMES), "coarse": datasets.ClassLabel(names=["a", "b"])})
datasets.Dataset.from_dict({"img": rows, "fine": [i % 3 for i in range(6)], "coarse": [i % 2 for i in range(6)]}, features=features).to_parquet(f"{HERE}/two_classes.parquet")
datasets.Dataset.from_dict({"img": rows, "fine": [i % 3 for i in range(6)]}, features=datasets.Features({k: features[k] for k in ("img", "fine")})).to_parquet(f"{HERE}/found.parquet")

pixels = [np.full(48, 10 * i, "f4").tolist() for i in range(6)]
pq.write_table(pa.table({"x": pa.array(pixels, pa.list_(pa.float32())), "y": pa.array([np.eye(3)[i % 3].tolist() for i in range(6)])}), f"{HERE}/numbers.parquet")
pq.write_table(pa.table({"x": [np.full((4, 4, 3), 10 * i, "u1").tobytes() for i in range(6)], "class": ["cat bird dog".split()[i % 3] for i in range(6)]}), f"{HERE}/named.parquet")
pq.write_table(pa.table({"image": [png(0), None, png(2), b"\x89PNGbroken", png(4), png(5)], "label": [i % 3 for i in range(6)]}), f"{HERE}/holes.parquet")
