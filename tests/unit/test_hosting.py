"""Where a live home's processes listen, how often its deployments run, what its server is asked."""

import http.server
import json
import threading

import pytest

from tasks.adapters import orchestrator, worker
from tasks.adapters.orchestrator import Deployment, Orchestrator
from tasks.core.errors import HomeError, KeystoreError, ProcessError
from tasks.hosting import Places

PROFILE = 'active = "home"\n[profiles.home]\nPREFECT_API_AUTH_STRING = "admin:word"\n'


def deployment(*tags):
    return Deployment(id="1", name="close", tags=tags, schema={}, schedules=[])


@pytest.fixture
def server(monkeypatch):
    """Give a server that answers as told, in turn, and what it was asked."""
    answers: list[tuple[int, dict]] = []
    asked: list[tuple[str, str | None]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers.get("Authorization")))
            code, document = answers.pop(0)
            body = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(orchestrator, "_PAUSES_S", (0.0, 0.0))
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}/api", answers, asked
    served.shutdown()
    served.server_close()


def test_places__nothing_said__are_those_of_the_last_time(tmp_path):
    Places(port=4_300, host="0.0.0.0").write(tmp_path)  # noqa: S104 - never bound

    found = Places.read(tmp_path).told({"port": None, "rpc_port": 9_000})

    assert (found.port, found.rpc_port) == (4_300, 9_000)
    assert found.api_url == "http://127.0.0.1:4300/api"


def test_places__never_up__are_the_defaults(tmp_path):
    found = Places.read(tmp_path)

    assert (found.ui_url, found.rpc_url) == ("http://127.0.0.1:4200", "http://127.0.0.1:8545")


def test_places__behind_a_proxy__pages_are_where_browsers_find_them():
    found = Places(public_url="https://rounds.example.org")

    assert found.ui_url == "https://rounds.example.org"
    assert found.api_url == "http://127.0.0.1:4200/api"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"places\.json is damaged: remove it"),
        ('{"colour": 1}', r"places\.json: unknown key colour: mend or remove it"),
    ],
)
def test_places__damaged_file__is_named(tmp_path, content, message):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "places.json").write_text(content)

    with pytest.raises(HomeError, match=message):
        Places.read(tmp_path)


@pytest.mark.parametrize(
    ("tag", "day_s", "expected"),
    [
        ("deadline", 5, 30),
        ("deadline", 4_800, 100),
        ("hourly", 5, 90),
        ("hourly", 4_800, 200),
        ("daily", 5, 240),
        ("daily", 4_800, 4_800),
    ],
)
def test_pace__quick_market__is_a_part_of_its_day_or_the_least(tag, day_s, expected):
    assert worker.pace_s(deployment("round", tag), day_s) == expected


@pytest.mark.parametrize("tags", [("round",), ("hourly", "daily")])
def test_pace__not_one_tag__is_refused(tags):
    with pytest.raises(ProcessError, match="deployment close has a schedule and needs a tag"):
        worker.pace_s(deployment(*tags), 5)


def test_server__busy_for_a_while__is_asked_again(server, tmp_path):
    url, answers, asked = server
    answers += [(503, {}), (503, {}), (200, {"id": "run"})]

    assert Orchestrator(url, tmp_path).start_run(deployment(), {}) == "run"
    assert [path for path, _ in asked] == ["/api/deployments/1/create_flow_run"] * 3


def test_server__refuses__its_reason_is_one_line(server, tmp_path):
    url, answers, _ = server
    answers.append((409, {"detail": "round_id:\n  too small"}))

    with pytest.raises(ProcessError, match=r"refuses \(409\): round_id: too small"):
        Orchestrator(url, tmp_path).start_run(deployment(), {})


def test_server__not_there__says_how_to_start_it(tmp_path):
    with pytest.raises(ProcessError, match="does not answer: `erarium up` starts it"):
        Orchestrator("http://127.0.0.1:9/api", tmp_path).deployments()


def test_server__with_a_password__is_told_it(server, tmp_path):
    url, answers, asked = server
    profiles = tmp_path / "prefect" / "profiles.toml"
    profiles.parent.mkdir()
    profiles.write_text(PROFILE)
    profiles.chmod(0o600)
    answers.append((200, {"id": "run"}))

    Orchestrator(url, tmp_path).start_run(deployment(), {})

    assert asked[0][1] == "Basic YWRtaW46d29yZA=="


def test_server__password_that_others_can_read__is_refused(tmp_path):
    profiles = tmp_path / "prefect" / "profiles.toml"
    profiles.parent.mkdir()
    profiles.write_text(PROFILE)
    profiles.chmod(0o644)

    with pytest.raises(KeystoreError, match="can be read by others: chmod 600 it"):
        Orchestrator("http://127.0.0.1:9/api", tmp_path)


def test_server__wants_a_password__says_where_to_write_it(server, tmp_path):
    url, answers, _ = server
    answers.append((401, {}))

    with pytest.raises(ProcessError, match=r"wants a password: .*prefect/profiles\.toml"):
        Orchestrator(url, tmp_path).deployments()
