"""Keycloak, as a foreign party of signing in: the archive of Maven, a JRE of pip, kept in .tools/ by version."""
import html
import http.client
import json
import os
import re
import signal
import subprocess
import urllib.parse
import urllib.request

from search import archive, java_21
from servers import Program, free_port

ARTIFACT = "org.keycloak:keycloak-quarkus-dist:26.7.3"
SECRET = "keycloak's secret"


class Keycloak(Program):
    """A server in its development mode with one realm, "tickets", one client, "usher", and one user, "mina"."""

    name = "keycloak"
    start_seconds = 300  # a Java server that compiles itself at its first start

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.url}/realms/tickets"
        subprocess.run(["unzip", "-q", archive(ARTIFACT), "-d", self.folder], check=True)
        self.home = next(self.path(name) for name in os.listdir(self.folder) if name.startswith("keycloak-"))

    def start(self):
        java = java_21()
        environment = {**os.environ, "JAVA_HOME": java, "JAVA": os.path.join(java, "bin", "java"),
                       "KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin",
                       "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m"}
        self.run(os.path.join(self.home, "bin", "kc.sh"), "start-dev", f"--http-port={self.port}", "--http-host=127.0.0.1",
                 f"--http-management-port={free_port()}", env=environment, cwd=self.folder, start_new_session=True)
        self.await_answer()
        return self

    def kill(self):
        """Its script and the Java below it, which are a group of their own."""
        if self.runs():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def answers(self):
        try:
            with urllib.request.urlopen(self.url + "/realms/master", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def admin(self, method, path, body):
        form = urllib.parse.urlencode({"grant_type": "password", "client_id": "admin-cli", "username": "admin",
                                       "password": "admin"}).encode()
        with urllib.request.urlopen(f"{self.url}/realms/master/protocol/openid-connect/token", form, timeout=60) as answer:
            token = json.loads(answer.read())["access_token"]
        request = urllib.request.Request(f"{self.url}/admin{path}", json.dumps(body).encode(), method=method, headers={
            "authorization": "Bearer " + token, "content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status

    def fill(self, way_back, algorithm="RS256"):
        self.admin("POST", "/realms", {
            "realm": "tickets", "enabled": True, "sslRequired": "none", "defaultSignatureAlgorithm": algorithm,
            "clients": [{"clientId": "usher", "secret": SECRET, "redirectUris": [way_back], "standardFlowEnabled": True,
                         "publicClient": False, "attributes": {"pkce.code.challenge.method": "S256"}}],
            "users": [{"username": "mina", "enabled": True, "email": "mina@example.org", "emailVerified": True,
                       "firstName": "Mina", "lastName": "Han", "credentials": [{"type": "password", "value": "mina's"}]}]})

    def visit(self, url):
        """Signs in as mina, as a browser would; what came back."""
        jar = {}

        def ask(method, address, form=None):
            at = urllib.parse.urlsplit(address)
            connection = http.client.HTTPConnection(at.netloc, timeout=60)
            headers = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
            if form:
                headers["content-type"] = "application/x-www-form-urlencoded"
            connection.request(method, f"{at.path}?{at.query}", form, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for said in answer.headers.get_all("set-cookie") or []:
                name, _, value = said.split(";")[0].partition("=")
                jar[name] = value
            connection.close()
            return answer, page
        answer, page = ask("GET", url)
        assert answer.status == 200, (answer.status, page[:2000])
        action = html.unescape(re.search(r'<form[^>]+action="([^"]+)"', page).group(1))
        answer, page = ask("POST", action, urllib.parse.urlencode({"username": "mina", "password": "mina's"}))
        assert answer.status == 302, (answer.status, page[:2000])
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))
