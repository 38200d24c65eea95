#!/usr/bin/env python3
"""Writes web/dist as a C table: embed.py MODE DIST OUTPUT DEPFILE

MODE is Meson's option "web": true (DIST must be there), false (a plain page instead), auto (as it is there).
The same files give the same output, byte for byte, on every machine with the same libdeflate-gzip and zstd; without the
first files are packed by zlib, four percent larger, and without the second by gzip alone.
"""
import base64
import gzip
import hashlib
import os
import shutil
import subprocess
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.json': 'application/json',
    '.map': 'application/json',
    '.webmanifest': 'application/manifest+json',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.ico': 'image/x-icon',
    '.webp': 'image/webp',
    '.woff2': 'font/woff2',
    '.txt': 'text/plain; charset=utf-8',
}

PLAIN_PAGE = b'''<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Usher</title>
<h1>Usher is running</h1>
<p>This binary was built without its page. <code>make</code> builds it with the page;
the services answer all the same.</p>
</html>
'''


def read_dist(mode, dist):
    """path -> bytes, with the path as a browser asks for it."""
    if mode == 'false' or (mode == 'auto' and not os.path.isfile(os.path.join(dist, 'index.html'))):
        return {'/index.html': PLAIN_PAGE}
    if not os.path.isfile(os.path.join(dist, 'index.html')):
        sys.exit('web/dist/index.html is missing: run "make web" first, or configure with -Dweb=false')
    files = {}
    for folder, _, names in os.walk(dist):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, 'rb') as file:
                files['/' + os.path.relpath(path, dist).replace(os.sep, '/')] = file.read()
    return files


def c_array(name, data):
    lines = [','.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32)]
    return f'static const uint8_t {name}[] = {{\n' + ',\n'.join(lines) + '};\n'


def gzip_of(data):
    program = shutil.which('libdeflate-gzip')
    if not program:
        return gzip.compress(data, 9, mtime=0)
    return subprocess.run([program, '-12', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout


def zstd_of(data):
    """Nothing where there is no such program. The length is told beforehand, so that no window is larger than the file."""
    program = shutil.which('zstd')
    if not program:
        return b''
    return subprocess.run([program, '-19', '-q', '-c', '--no-check', f'--stream-size={len(data)}'], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def entry(number, path, data):
    """The arrays of one asset, and its row."""
    suffix = os.path.splitext(path)[1]
    if suffix not in TYPES:
        sys.exit(f'{path}: no media type is known for "{suffix}"; add it to src/svc/gateway/embed.py')
    tag = base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:12]).decode()
    arrays, rows = '', []
    for kind, mark, form in (('NONE', '', data), ('GZIP', '-gz', gzip_of(data)), ('ZSTD', '-zst', zstd_of(data))):
        # What is compressed already is not worth the browser's time.
        if form and (kind == 'NONE' or len(form) < len(data) * 0.9):
            name = f'{kind.lower()}_{number}'
            arrays += c_array(name, form)
            rows.append(f'         [SQUEEZE_{kind}] = {{"\\"{tag}{mark}\\"", {name}, {len(form)}}}')
    return arrays, f'    {{.path = "{path}", .type = "{TYPES[suffix]}", .forms = {{\n' + ',\n'.join(rows) + '}},\n'


def write(path, text):
    """Leaves a file that says this already untouched, so that nothing is compiled again for it."""
    if os.path.isfile(path):
        with open(path, encoding='utf-8') as file:
            if file.read() == text:
                return
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    mode, dist, output, depfile = sys.argv[1:]
    files = read_dist(mode, dist)
    arrays, rows = '', ''
    for number, path in enumerate(sorted(files)):
        if not files[path]:
            sys.exit(f'{path} is empty')
        more, row = entry(number, path, files[path])
        arrays += more
        rows += row
    write(output, '/* Written by embed.py from web/dist. */\n#include "svc/gateway/assets.h"\n\n' + arrays +
          f'\nconst struct web_asset web_assets[] = {{\n{rows}}};\nconst size_t web_asset_count = {len(files)};\n')
    # index.html names every other file by its content, so it is there even where nothing else is.
    wanted = [os.path.join(dist, path[1:]) for path in sorted(files)] if mode != 'false' else []
    write(depfile, output + ': ' + ' '.join(path.replace(' ', '\\ ') for path in wanted) + '\n')


main()
