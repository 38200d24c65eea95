#!/usr/bin/env python3
"""Writes the report's page as C, cut where its figures belong: embed_page.py MODE PAGE OUTPUT DEPFILE

MODE is Meson's option "web": true (PAGE must be there), false (a page that shows the figures as text), auto.
"""
import os
import sys

PLACE = b'"usher-figures"'  # in web/report.html, once
PLAIN_PAGE = b'''<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stampede</title>
<h1>This usher was built without the report's page</h1>
<p>These are the figures it would show. <code>make</code> builds usher with the page.</p>
<pre style="white-space: pre-wrap; overflow-wrap: anywhere">"usher-figures"</pre>
</html>
'''


def c_array(name, data):
    lines = [','.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32)]
    return f'const unsigned char {name}[] = {{\n' + ',\n'.join(lines) + f'}};\nconst size_t {name}_len = {len(data)};\n'


def main():
    mode, path, output, depfile = sys.argv[1:]
    there = os.path.isfile(path)
    if mode == 'true' and not there:
        sys.exit(f'{path} is missing: run "make web" first, or configure with -Dweb=false')
    drawn = there and mode != 'false'
    page = PLAIN_PAGE
    if drawn:
        with open(path, 'rb') as file:
            page = file.read()
    pieces = page.split(PLACE)
    if len(pieces) != 2:
        sys.exit(f'{path}: the place of the figures, {PLACE.decode()}, must be there once, not {len(pieces) - 1} times')
    text = '/* Written by embed_page.py. */\n#include "crowd/page.h"\n\n' \
           f'const bool page_draws = {"true" if drawn else "false"};\n' \
           + c_array('page_before', pieces[0]) + c_array('page_after', pieces[1])
    with open(output, 'w', encoding='utf-8') as file:
        file.write(text)
    # Named where it is not there yet, too: then this runs until it is.
    with open(depfile, 'w', encoding='utf-8') as file:
        file.write(f'{output}: {"" if mode == "false" else path}\n')


main()
