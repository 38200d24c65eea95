"""Pages as pictures, and what two foreign decoders read in them."""
import json
import os
import random
import re
import struct
import subprocess
import tempfile
import zlib


def render(pdf, dpi):
    """The pages of a PDF file as (width, height, rows of grey bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), "-", os.path.join(folder, "page")], input=pdf, check=True)
        return [read_pgm(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]


def read_pgm(path):
    with open(path, "rb") as file:
        data = file.read()
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    width, height = int(head[1]), int(head[2])
    return width, height, data[head.end():head.end() + width * height]


def write_png(path, picture):
    width, height, grey = picture

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + grey[y * width:(y + 1) * width] for y in range(height))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def spoil(picture, seed):
    """As a bad printer and a bad camera would: grey paper, weak ink, noise on every point, spots of dirt."""
    width, height, grey = picture
    chance = random.Random(seed)
    spoilt = bytearray(max(0, min(255, 60 + point * 150 // 255 + chance.randint(-20, 20))) for point in grey)
    for _ in range(width * height // 10000):
        x, y = chance.randrange(width - 2), chance.randrange(height - 2)
        shade = chance.choice((20, 235))
        for dy in range(2):
            for dx in range(2):
                spoilt[(y + dy) * width + x + dx] = shade
    return width, height, bytes(spoilt)


def drawn_by_the_page(text, scale):
    """A QR code as the page draws it, its own source run by node: black and white, so many points a module."""
    source = subprocess.run(["web/node_modules/.bin/esbuild", "web/src/parts/qrdrawing.ts", "--bundle", "--format=cjs", "--platform=node"],
                            capture_output=True, text=True, check=True).stdout
    said = subprocess.run(["node", "-e", source + f"\nconsole.log(JSON.stringify(module.exports.drawQr({json.dumps(text)})))"],
                          capture_output=True, text=True, check=True).stdout
    drawing = json.loads(said)
    side = (drawing["size"] + 8) * scale
    grey = bytearray(b"\xff" * (side * side))
    for column, row, run in re.findall(r"M(\d+) (\d+)h(\d+)v1", drawing["path"]):
        for y in range((int(row) + 4) * scale, (int(row) + 5) * scale):
            from_x = y * side + (int(column) + 4) * scale
            grey[from_x:from_x + int(run) * scale] = b"\x16" * (int(run) * scale)
    return side, side, bytes(grey)


def zbar(path):
    done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path], capture_output=True, text=True)
    return done.stdout.splitlines()


def zxing(path):
    done = subprocess.run(["ZXingReader", "-format", "QRCode", path], capture_output=True, text=True)
    return re.findall(r'^Text:\s+"?([^"\n]*)"?$', done.stdout, re.M)


DECODERS = {"zbar": zbar, "zxing": zxing}


def decode(picture, decoder):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "page.png")
        write_png(path, picture)
        return DECODERS[decoder](path)
