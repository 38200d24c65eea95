#!/usr/bin/env python3
"""Writes commonest.txt as a sorted C table: embed_commonest.py INPUT OUTPUT

The input has the 10,000 commonest passwords of at least eight characters, a line each, in lower case: the front of the list that
zxcvbn counted in leaked databases (github.com/dwolfhub/zxcvbn-python, MIT licence, copyright 2016 Daniel Wolf).
"""
import sys

with open(sys.argv[1], encoding='ascii') as file:
    words = sorted(set(file.read().split()))
with open(sys.argv[2], 'w', encoding='ascii') as file:
    file.write('#include "svc/auth/commonest.h"\n\nconst char *const commonest_passwords[] = {\n')
    for word in words:
        file.write('    "' + word.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?') + '",\n')
    file.write('};\nconst size_t commonest_passwords_count = sizeof(commonest_passwords) / sizeof(commonest_passwords[0]);\n')
