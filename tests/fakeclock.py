"""A clock of its own for a process, which a file sets (libfaketime); what measures durations is left alone."""
import glob
import os


def fake_clock(path):
    """What has to be in the environment; the clock is right at first."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert found, "libfaketime is missing: scripts/setup test"
    set_clock(path, 0)
    return {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def set_clock(path, seconds):
    """By how much it is ahead of ours."""
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(f"{seconds:+d}\n")
    os.replace(path + ".new", path)
