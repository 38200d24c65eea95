"""Podman as the checks of a release use it: its images and settings in .tools/containers, so that a second run is quicker. As root."""
import os
import subprocess

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KEPT = os.path.join(TOP, ".tools", "containers")


def run(*words, check=True, quiet=True, **more):
    """What a command says; where it fails, that is the error."""
    done = subprocess.run(words, stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None,
                          text=True, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit code {done.returncode}\n{(done.stdout or '')[-3000:]}")
    return done.stdout


def settings():
    """podman's, of this checkout alone: where images are kept, and what a machine without systemd needs."""
    os.makedirs(KEPT, exist_ok=True)
    with open(os.path.join(KEPT, "containers.conf"), "w", encoding="utf-8") as file:
        file.write('[containers]\ndefault_ulimits = ["nofile=2048:16384", "nproc=4096:4096"]\n'
                   '[engine]\nruntime = "runc"\n[network]\nnetwork_backend = "netavark"\n')
    with open(os.path.join(KEPT, "storage.conf"), "w", encoding="utf-8") as file:
        file.write(f'[storage]\ndriver = "overlay"\ngraphroot = "{KEPT}/images"\nrunroot = "{KEPT}/run"\n')
    os.environ.update(CONTAINERS_CONF=os.path.join(KEPT, "containers.conf"),
                      CONTAINERS_STORAGE_CONF=os.path.join(KEPT, "storage.conf"))


def within(root, *words, network="host", **more):
    """What a command says in a folder that is a whole system, with /proc and /dev of its own."""
    return run("podman", "run", "--rm", "--network", network, "--env", "DEBIAN_FRONTEND=noninteractive", "--env", "LC_ALL=C.UTF-8",
               "--env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "--rootfs", root, *words, **more)
