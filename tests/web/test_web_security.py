"""Which requests are let in, from where, and what every answer carries."""

import re

import pytest
from web import application, golden

from hingecheck.errors import InputError
from hingecheck.web import security
from hingecheck.web.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture
def client(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.fixture
def guarded(tmp_path):
    with application(tmp_path, password=PASSWORD, host="0.0.0.0") as made:
        yield made


def sign_in(client, password=PASSWORD):
    answer = client.post("/api/login", json={"password": password})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


def changes(client):
    """Every route that changes something: (method, path)."""
    described = client.app.openapi()["paths"]
    found = [(method, path) for path, methods in described.items() for method in methods if method in ("post", "put", "patch", "delete")]
    assert len(found) == 12
    return [*found, ("post", "/clips/{clip_id}/verdict")]


def test_nothing_is_changed_without_the_token(client):
    clip = golden(client, "good")
    token = client.headers.pop("X-CSRF-Token")
    for method, path in changes(client):
        for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": token + "0"}):
            assert client.request(method, re.sub(r"{\w+}", clip, path), headers=headers).status_code == 403, (method, path)
    assert client.get(f"/api/clips/{clip}").status_code == 200


def test_a_token_is_worth_nothing_to_another_session(client):
    client.cookies.clear()  # the token is still sent
    assert client.post("/api/athletes", json={"name": "Ana"}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_a_change_asked_for_by_another_site_is_refused_even_with_the_token(client, headers):
    assert client.post("/api/athletes", json={"name": "Ana"}, headers=headers).status_code == 403
    assert (
        client.post(
            "/api/athletes", json={"name": "Ana"}, headers={"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
        ).status_code
        == 201
    )


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "192.168.0.7", "[::2]", "a:b:c"]
)
def test_a_strange_host_is_refused_here(client, host):
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "not known under that name" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "[::1]"])
def test_this_computer_has_several_names(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_where_others_come_numbers_are_fine_and_names_of_strangers_are_not(guarded):
    for host, status in (("192.168.0.7:8000", 200), ("[fe80::1]:8000", 200), ("evil.example", 400), ("0x7f.1", 400)):
        assert guarded.get("/api/session", headers={"Host": host}).status_code == status, host


def test_every_answer_carries_the_headers(client):
    clip = golden(client, "good")
    for path in (
        "/",
        f"/clips/{clip}",
        f"/api/clips/{clip}",
        "/static/style.css",
        "/static/plotly.min.js",
        "/nothing",
        "/api/nothing",
        f"/api/clips/{clip}/report.html",
    ):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert path.endswith("report.html") or "script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert client.get("/", headers={"Host": "evil.example"}).headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/clips/{clip}").headers["cache-control"] == "no-store"


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path):
    with application(tmp_path / "a") as client:
        client.cookies.clear()
        assert re.fullmatch(r"hingecheck=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\d+", client.get("/").headers["set-cookie"])
    with application(tmp_path / "b", https=True) as client:
        client.cookies.clear()
        assert re.fullmatch(
            r"__Host-hingecheck=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure", client.get("/").headers["set-cookie"]
        )


@pytest.mark.parametrize(
    "cookie", ["hingecheck=short", "hingecheck=" + "x" * 44, "hingecheck=\xff" * 3, "a=b; ;;=;", 'hingecheck="', "hingecheck[]=1"]
)
def test_a_strange_cookie_does_no_harm(client, cookie):
    client.cookies.clear()
    assert client.get("/", headers={"Cookie": cookie.encode("latin-1")}).status_code == 200


def test_nothing_is_shown_before_the_password(guarded):
    for path in ("/api/clips", "/api/events", "/openapi.json", "/docs", "/api/clips/0123456789abcdef/video", "/clips/0123456789abcdef"):
        assert guarded.get(path, headers={"Accept": "*/*"}).status_code == 401, path
    page = guarded.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert guarded.post("/api/athletes", json={"name": "Ana"}).status_code == 401
    assert guarded.post("/api/clips?name=a&athlete=b", content=b"x").status_code == 401
    assert guarded.get("/login").status_code == guarded.get("/static/own/login.js").status_code == 200


def test_a_page_that_was_asked_for_is_kept_until_after_the_password_and_no_other_site_is(guarded):
    page = guarded.get("/clips/0123456789abcdef?a=1&b=2", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fclips%2F0123456789abcdef%3Fa%3D1%26b%3D2")
    assert sign_in(guarded).status_code == 200
    assert guarded.get(page.headers["location"]).headers["location"] == "/clips/0123456789abcdef?a=1&b=2"
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\t/evil.example"):
        assert guarded.get("/login", params={"next": elsewhere}).headers["location"] in ("/", "/%09/evil.example")


def test_the_right_password_opens_and_signing_out_closes(guarded):
    before = guarded.cookies["hingecheck"]
    assert sign_in(guarded, "wrong password").status_code == 401
    assert sign_in(guarded).json()["signed_in"]
    signed_in = guarded.cookies["hingecheck"]
    assert signed_in != before  # a session that somebody slipped in is not the one that is let in
    assert guarded.get("/").status_code == 200
    assert guarded.get("/login").status_code == 303
    assert guarded.post("/api/athletes", json={"name": "Ana"}).status_code == 201
    assert guarded.post("/api/logout").status_code == 204
    assert guarded.get("/api/clips").status_code == 401
    guarded.cookies.clear()
    for cookie in (before, signed_in):
        assert guarded.get("/api/clips", headers={"Cookie": f"hingecheck={cookie}"}).status_code == 401


def test_guessing_is_slowed_down_and_the_right_password_has_to_wait_too(guarded, monkeypatch):
    for _ in range(security.TRIES):
        assert sign_in(guarded, "a wrong guess").status_code == 401
    answer = sign_in(guarded)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= security.TRIES_S + 1
    late = security.time.monotonic() + security.TRIES_S + 1
    monkeypatch.setattr(security.time, "monotonic", lambda: late)
    assert sign_in(guarded).status_code == 200


def test_the_password_is_kept_as_a_slow_hash_and_a_new_one_signs_everybody_out(tmp_path):
    with application(tmp_path, password=PASSWORD, host="0.0.0.0") as client:
        sign_in(client)
        cookie = client.cookies["hingecheck"]
    assert not any(PASSWORD.encode() in path.read_bytes() for path in tmp_path.glob("hingecheck.*"))
    for password, status in ((PASSWORD, 200), ("another long password", 401)):
        with application(tmp_path, password=password, host="0.0.0.0") as client:
            client.cookies.clear()
            assert client.get("/api/clips", headers={"Cookie": f"hingecheck={cookie}"}).status_code == status


def test_a_password_is_asked_for_once_and_may_not_be_short(tmp_path):
    with Store(tmp_path) as store:
        with pytest.raises(InputError, match="a password is needed where others can reach the page"):
            security.agreed(store, None)
        with pytest.raises(InputError, match="too short"):
            security.agreed(store, "short")
        assert security.agreed(store, PASSWORD) == security.agreed(store, None)


def test_only_what_is_meant_for_everybody_is_open_before_the_password(guarded):
    for path in ("/api/session/", "/login/x", "/static", "/apilogin", "//api/clips", "/static/../api/clips", "/static/%2e%2e/api/clips"):
        assert guarded.get(path).status_code in (307, 401, 404), path
        assert "clip_id" not in guarded.get(path).text
