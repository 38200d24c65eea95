"""Whole Debians for the checks of a release: one in which packages are built, and one with systemd on which they are tried. Both are
folders (deploy/chroot) that podman starts."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")]
from podman import TOP, run, within  # noqa: E402
from server import wait_until  # noqa: E402


def remove(root):
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=False)


class Builder:
    """A Debian in which packages are built."""

    def __init__(self, suite):
        self.suite = suite
        self.root = None

    def package(self, commit, fresh=True):
        """The package of a commit, built here; of any but HEAD, kept. fresh: that of HEAD is made anew, also where there is one."""
        head = commit == "HEAD"
        folder = os.path.join(TOP, "build", "deb", self.suite) if head else os.path.join(TOP, ".tools", "deb", self.suite, commit)
        if (head and fresh) or not glob.glob(os.path.join(folder, "usher_*.deb")):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            self.build(commit, folder)
        return glob.glob(os.path.join(folder, "usher_*.deb"))[0]

    def build(self, commit, folder):
        if not self.root:
            self.root = tempfile.mkdtemp(prefix="usher-deb-")
            run(os.path.join(TOP, "deploy", "chroot"), self.root, self.suite, "--variant=buildd", "--include=lintian,debhelper")
        tree = os.path.join(self.root, "build", "usher")
        shutil.rmtree(os.path.join(self.root, "build"), ignore_errors=True)
        run(os.path.join(TOP, "deploy", "debian", "tree"), commit, tree)
        # What this version says that it needs serves the one before as well, which may have forgotten something.
        now = os.path.join(self.root, "build", "now", "debian")
        os.makedirs(now)
        shutil.copy(os.path.join(TOP, "deploy", "debian", "control"), now)
        within(self.root, "sh", "-ec", "apt-get update -qq; cd /build/usher;"
               " apt-get build-dep -qq -y --no-install-recommends /build/now/ . >/dev/null; nice dpkg-buildpackage --no-sign --build=binary")
        said = within(self.root, "sh", "-ec", "cd /build; lintian --allow-root --fail-on error,warning usher_*.deb usher-dbgsym_*.deb")
        print(f"{self.suite}: lintian on {commit[:12]}: {said.strip() or 'nothing'}", flush=True)
        for path in glob.glob(os.path.join(self.root, "build", "*.deb")):
            shutil.copy(path, folder)

    def end(self):
        if self.root:
            remove(self.root)


class Machine:
    """A clean Debian whose first process is systemd, without any network but its own; apt has fetched what packages need before."""

    def __init__(self, suite, packages, more=()):
        """packages: name -> file, to be installed later; more: what Debian has, and is there from the beginning."""
        self.name = f"usher-{suite}-{os.getpid()}"
        self.root = tempfile.mkdtemp(prefix="usher-machine-")
        run(os.path.join(TOP, "deploy", "chroot"), self.root, suite, "--variant=minbase", 
            "--include=" + ",".join(("systemd", "dbus", "procps", *more)))
        for name, path in packages.items():
            shutil.copy(path, os.path.join(self.root, f"{name}.deb"))
        # (apt does not take the folder of downloads where it cleans up after itself, as minbase in containers does.)
        within(self.root, "sh", "-ec", "apt-get update -qq; for name in " + " ".join(packages) + "; do"
               " apt-get install -qq -y --download-only /$name.deb >/dev/null; done")
        # ProtectProc= asks for CAP_SYS_PTRACE in a container, addresses of its own loopback for CAP_NET_ADMIN; where groups of
        # processes are of the old kind, systemd has to be told.
        run("podman", "run", "--detach", "--name", self.name, "--systemd=always", "--network=none", "--cap-add=SYS_ADMIN,SYS_PTRACE,NET_ADMIN",
            "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL", "--rootfs", self.root, "/lib/systemd/systemd",
            "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1")
        wait_until(lambda: self.does("systemctl", "is-system-running", "--wait", check=False).strip() in ("running", "degraded"),
                   "systemd to have started", 60)
        # As it does by itself where it is no container: credentials are mounted for a unit by a child, and have to be seen by all.
        self.does("mount", "--make-rshared", "/")

    def does(self, *words, check=True):
        return run("podman", "exec", "--env", "DEBIAN_FRONTEND=noninteractive", "--env", "LC_ALL=C.UTF-8", self.name, *words, check=check,
                   timeout=300)

    def says(self, *words):
        """What is behind "=" in what systemctl shows of the unit."""
        return self.does("systemctl", "show", "usher", "--value", *(f"--property={word}" for word in words)).strip()

    def has(self, path):
        return os.path.lexists(self.root + path)

    def put(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.root + path, mode)

    def await_ready(self, *words):
        """Until `usher ready` with these words says so."""
        def is_ready():
            return subprocess.run(["podman", "exec", self.name, "usher", "ready", *words], capture_output=True, check=False).returncode == 0
        wait_until(is_ready, "usher to be ready", 60)

    def has_user(self):
        return self.does("id", "-un", "usher", check=False).strip() == "usher"

    def install(self, name):
        self.does("apt-get", "install", "-qq", "-y", f"/{name}.deb")

    def version(self):
        """Of the process that serves now, whatever file /usr/bin/usher is by now."""
        return re.match(r"usher (\S+),", self.does(f"/proc/{self.says('MainPID')}/exe", "version")).group(1)

    def end(self):
        run("podman", "rm", "--force", "--time", "5", self.name, check=False)
        remove(self.root)
