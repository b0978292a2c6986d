"""The coach's page in a real Chromium: what a coach does, and whether everybody can."""

import json
import re
from importlib import resources

import pytest
from browser import CHROMIUM, PATIENCE_MS, new_page, once, opened, time_of
from clips import make_clip
from playwright.sync_api import expect
from web import Server, finished, shortened

from hingecheck.media.sources import open_clip
from hingecheck.show.drawing import jpeg

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; .ci/run does that")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("coach")) as made:
        yield made


@pytest.fixture(scope="module")
def clips(tmp_path_factory, sample_videos):
    """A rep with a rounded back, and one with nothing wrong."""
    folder = tmp_path_factory.mktemp("clips")
    return [shortened(sample_videos / f"{name}.mp4", folder / f"{name}.mp4") for name in ("rounded_lower_back", "good")]


@pytest.fixture(scope="module")
def ids(server, browser, clips):
    """Both clips, uploaded the way a coach does it; what went by on the page meanwhile is checked here."""
    page = new_page(browser)
    page.goto(server.address)
    page.set_input_files("#files", clips)
    rows = page.locator("#under_way li")
    expect(rows).to_have_count(2)  # they wait for the name of the athlete
    expect(rows.first).to_contain_text("whose clip is it?")
    page.fill("#athlete", "Ana <b>Müller</b>")
    page.keyboard.press("Enter")
    watched = """() => [...document.querySelectorAll("#under_way li")].filter(row => /watching, \\d+ of \\d+ frames/.test(row.textContent))
        .map(row => Number(row.querySelector("progress").getAttribute("value"))).find(value => value > 0)"""
    assert 0 < once(page, watched) < 1
    expect(page.locator("#under_way a")).to_have_count(2)
    expect(page.locator("section:has(#clips) tbody tr")).to_have_count(2)  # the list has them without a reload
    expect(page.locator(".card b")).to_have_text("Ana <b>Müller</b>")
    links = {row.text_content().partition(".mp4")[0]: row.locator("a").get_attribute("href") for row in rows.all()}
    page.close()
    return [links[clip.stem].rpartition("/")[2] for clip in clips]


def test_a_fault_leads_to_its_worst_moment_and_every_still_is_there(page, server, ids):
    opened(page, server, ids[0])
    report = server.client.get(f"/api/clips/{ids[0]}/report.json").json()
    at_s = report["reps"][0]["cues"]["neutral_spine"]["at_s"]
    fault = page.locator(".moment", has_text="Lower back rounds")
    expect(fault.locator("img")).to_be_visible()
    fault.locator("img").scroll_into_view_if_needed()
    assert fault.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    assert time_of(page) < 0.1
    fault.click()
    assert time_of(page) == pytest.approx(at_s, abs=0.05)
    expect(page.locator("#clock")).to_contain_text(f"{at_s:.1f}"[:3])
    page.locator("#rep_back").click()
    assert time_of(page) == pytest.approx(report["reps"][0]["start_s"], abs=0.05)
    page.locator("td.fault a").first.click()  # in the table of reps too
    assert time_of(page) == pytest.approx(at_s, abs=0.05)


def test_video_and_plots_are_tied_both_ways(page, server, ids):
    opened(page, server, ids[0])
    x_of = "t => { const axis = document.getElementById('chart')._fullLayout.xaxis; return axis._offset + axis.l2p(t); }"
    page.locator("#chart").scroll_into_view_if_needed()
    box = page.locator("#chart").bounding_box()
    page.mouse.move(box["x"] + page.evaluate(x_of, 2.0), box["y"] + 120)
    page.mouse.move(box["x"] + page.evaluate(x_of, 2.0) + 1, box["y"] + 121)
    page.locator("#chart .hoverlayer text").first.wait_for()
    page.mouse.click(box["x"] + page.evaluate(x_of, 2.0) + 1, box["y"] + 121)
    assert time_of(page) == pytest.approx(2.0, abs=0.15)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    assert time_of(page) == pytest.approx(3.0, abs=0.15)
    left = float(page.locator("#cursor").evaluate("line => parseFloat(line.style.left)"))
    assert left == pytest.approx(page.evaluate(x_of, time_of(page)), abs=3)
    before = left
    page.keyboard.press(" ")
    page.locator("#play.playing").wait_for()
    once(page, "before => parseFloat(document.getElementById('cursor').style.left) > before", before)
    page.keyboard.press(" ")
    assert page.locator("#cursor").evaluate("line => parseFloat(line.style.left)") > before


def test_frames_are_stepped_slowed_and_looped_by_keys(page, server, ids):
    opened(page, server, ids[0])
    times = server.client.get(f"/api/clips/{ids[0]}/series").json()["time_s"]
    for _ in range(3):
        page.keyboard.press(".")
    assert times[3] < time_of(page) < times[4]
    expect(page.locator("#clock")).to_contain_text("frame 4")
    page.keyboard.press(",")
    assert times[2] < time_of(page) < times[3]
    page.keyboard.press("3")
    assert page.evaluate("() => document.getElementById('annotated').playbackRate") == 0.25
    page.keyboard.press("1")
    report = server.client.get(f"/api/clips/{ids[0]}/report.json").json()["reps"][0]
    page.keyboard.press("l")
    page.locator("#play.playing").wait_for()
    page.evaluate("t => { document.getElementById('annotated').currentTime = t; }", report["end_s"] - 0.1)
    again = "late => { const now = document.getElementById('annotated').currentTime; return now < late && [now]; }"
    assert report["start_s"] - 0.1 <= once(page, again, report["end_s"] - 0.3)[0]  # it has begun again
    page.keyboard.press("d")
    page.locator("#original:not([hidden])").wait_for()
    expect(page.locator("#annotated")).to_be_hidden()


def test_a_changed_limit_changes_the_verdict_at_once_and_is_saved_for_the_athlete(page, server, ids):
    opened(page, server, ids[0])
    expect(page.locator(".say")).to_have_text("Flatten your lower back")
    page.locator("#open_limits").click()
    page.locator("summary", has_text="Neutral spine").click()
    page.get_by_role("spinbutton", name="Neutral spine Lower back rounds: over").fill("50.8")
    expect(page.locator(".say")).to_have_text("Keep it like this")
    expect(page.locator("#tried")).to_have_text("Tried, not saved yet.")
    expect(page.locator(".moment")).to_have_count(0)
    assert server.client.get(f"/api/clips/{ids[0]}/report.json").json()["next_cue"] == "neutral_spine"  # only tried
    page.get_by_role("spinbutton", name="Neutral spine Lower back rounds: over").fill("99")
    expect(page.locator("#refused")).to_have_text("Lower back rounds: over: 99 is not allowed. Give a number, 10 to 51 degrees.")
    expect(page.locator("#save_limits")).to_be_disabled()
    page.get_by_role("spinbutton", name="Neutral spine Lower back rounds: over").fill("50.8")
    expect(page.locator("#save_limits")).to_be_enabled()
    page.locator("#save_limits").click()
    expect(page.locator("#tried")).to_contain_text("Saved")
    assert server.client.get(f"/api/clips/{ids[0]}/report.json").json()["next_cue"] is None
    page.locator("#usual_limits").click()
    expect(page.locator(".say")).to_have_text("Flatten your lower back")
    page.locator("#save_limits").click()
    expect(page.locator("#tried")).to_contain_text("Saved")
    assert server.client.get(f"/api/clips/{ids[0]}/report.json").json()["next_cue"] == "neutral_spine"
    for clip_id in ids:
        finished(server.client, clip_id)
    expect(page.locator("#again_drawn")).to_be_hidden(timeout=30_000)


def test_notes_are_kept_without_a_button(page, server, ids):
    opened(page, server, ids[1])
    page.fill("#notes", "A model lift.")
    expect(page.locator("#kept")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#notes")).to_have_value("A model lift.")


def test_two_clips_keep_step_by_the_phase_of_the_rep(page, server, ids):
    page.goto(server.address)
    for box in page.locator(".choose").all():
        box.check()
    page.locator("#compare").click()
    page.wait_for_url("**/compare?**")
    page.wait_for_selector("#chart .main-svg")
    data = json.loads(page.locator("#data").text_content())
    reps = [side["reps"][0] for side in data]
    for phase, moment in ((1, "bottom_s"), (2, "end_s")):
        page.locator("#phase").evaluate("(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }", phase)
        for side, rep in zip(("left", "right"), reps, strict=True):
            assert page.locator(f"#video_{side}").evaluate("video => video.currentTime") == pytest.approx(rep[moment], abs=0.02)
    expect(page.locator("#clock")).to_have_text("end")
    page.locator("#loop").check()
    page.locator("#play").click()
    middle_s = (reps[0]["start_s"] + 2 * reps[0]["bottom_s"]) / 3  # it plays from the start
    both = "['left', 'right'].map(side => document.getElementById('video_' + side).currentTime)"
    now = once(
        page, f"(from, to) => {{ const now = {both}; return from < now[0] && now[0] < to && now; }}", middle_s, reps[0]["end_s"] - 0.2
    )
    page.locator("#play").click()
    phases = [
        (t - rep["start_s"]) / (rep["bottom_s"] - rep["start_s"])
        if t < rep["bottom_s"]
        else 1 + (t - rep["bottom_s"]) / (rep["end_s"] - rep["bottom_s"])
        for t, rep in zip(now, reps, strict=True)
    ]
    assert 0.05 < phases[0] < 2
    assert phases[1] == pytest.approx(phases[0], abs=0.25)
    assert page.locator("#chart .scatterlayer path.js-line").count() >= 6


def test_everybody_can_use_every_page(browser, server, ids):
    athlete = server.client.get(f"/api/clips/{ids[0]}").json()["athlete"]
    paths = (
        "/",
        f"/clips/{ids[0]}",
        f"/athletes/{athlete}",
        f"/compare?left={ids[0]}&right={ids[1]}",
        "/live",
        "/docs",
        "/clips/0000000000000000",
    )
    for scheme, width, some in (("light", 1400, paths), ("dark", 390, paths[:4])):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        for path in some:
            page.goto(server.address + path)
            page.wait_for_timeout(300)
            page.evaluate("() => document.getElementById('open_limits')?.click()")
            page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
            assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (path, width)
            page.evaluate(AXE)
            found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
            assert len(found["passes"]) > 8
            severe = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
            serious = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in severe]
            assert not serious, (path, scheme, serious)
        context.close()


def test_a_coach_gets_everywhere_by_keyboard(page, server, ids):
    page.goto(server.address)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "() => document.activeElement.id || document.activeElement.getAttribute('href') || document.activeElement.className"
            )
        )
    assert {"athlete", "files", f"/clips/{ids[0]}", "choose"} <= reached
    opened(page, server, ids[0])
    page.locator(".moment").first.focus()
    page.keyboard.press("Enter")
    assert time_of(page) > 0.5


def test_a_deleted_clip_is_gone(page, server, tmp_path):
    clip_id = server.upload(make_clip(tmp_path / "short.mp4"), "Nobody")
    finished(server.client, clip_id)
    page.goto(f"{server.address}/clips/{clip_id}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.locator("#delete").click()
    assert server.client.get(f"/api/clips/{clip_id}").status_code == 200
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#delete").click()
    page.wait_for_url("**/athletes/*")
    expect(page.locator("main")).to_contain_text("No clips")
    assert server.client.get(f"/api/clips/{clip_id}").status_code == 404
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#delete").click()
    page.wait_for_url(re.compile(r":\d+/$"))
    expect(page.locator("body")).not_to_contain_text("Nobody, ")


def test_a_file_that_is_no_video_is_told_where_it_was_dropped(page, server, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    page.goto(server.address)
    page.fill("#athlete", "Nobody")
    page.set_input_files("#files", [tmp_path / "notes.mp4"])
    expect(page.locator("#under_way .wrong")).to_contain_text("notes.mp4: not a video, or damaged")


def test_reps_are_counted_live_in_front_of_the_browsers_camera(chromium, server, sample_videos, tmp_path):
    filmed = tmp_path / "camera.mjpeg"
    with open_clip(sample_videos / "rounded_lower_back.mp4") as clip, filmed.open("wb") as file:
        for frame in clip:
            file.write(jpeg(frame.image))
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={filmed}")
    browser = chromium(*fake)
    page = new_page(browser)
    page.add_init_script("window.spoken = []; speechSynthesis.speak = words => window.spoken.push(words.text);")
    page.goto(f"{server.address}/live")
    page.fill("#athlete", "Lena")
    page.locator("#go").click()
    expect(page.locator("#reps")).to_have_text(re.compile(r"^([2-9]|\d\d+)$"))
    colours = page.evaluate("() => new Set(document.getElementById('canvas').getContext('2d').getImageData(0, 0, 480, 640).data).size")
    assert colours > 100
    page.locator("#stop").click()
    page.locator("#saved").wait_for()
    spoken = page.evaluate("() => window.spoken")
    assert {"Stand tall", "Go", "Flatten your lower back"} <= set(". ".join(spoken).split(". "))
    assert any(words.startswith("One") for words in spoken)
    page.locator("#saved").click()
    page.wait_for_url("**/clips/*")
    expect(page.locator(".say")).to_have_text("Flatten your lower back")
    expect(page.locator(".moment img").first).to_be_visible()
    clip_id = page.url.rpartition("/")[2]
    report = server.client.get(f"/api/clips/{clip_id}/report.json").json()
    assert len(report["reps"]) >= 2
    assert report["model"] == "lite"
    judged = server.client.post(f"/api/clips/{clip_id}/judge", json={}).json()
    assert judged["reps"] == report["reps"]  # from what is kept, the same as was seen
    assert server.client.get(f"/api/clips/{clip_id}/video?annotated=true").status_code == 200
    browser.close()


def test_a_password_is_asked_for_where_others_may_come(chromium, browser, tmp_path):
    environment = {"HINGECHECK_PASSWORD": "correct horse battery"}
    with Server(tmp_path, "--host", "0.0.0.0", environment=environment) as server:
        page = new_page(browser)
        page.goto(server.address.replace("0.0.0.0", "127.0.0.1") + "/live?from=mail")
        page.get_by_label("Password").fill("wrong password")
        page.keyboard.press("Enter")
        expect(page.locator("#wrong")).to_have_text("wrong password.")
        page.get_by_label("Password").fill(environment["HINGECHECK_PASSWORD"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/live?from=mail")  # what was asked for
        page.locator("#logout").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.close()


def test_a_report_that_was_saved_shows_its_plots_without_the_server(browser, server, ids, tmp_path):
    file = tmp_path / "report.html"
    file.write_bytes(server.client.get(f"/api/clips/{ids[0]}/report.html").content)
    page = new_page(browser)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator("svg.plot").first).to_be_visible()  # a level line of its grid has no height, and so counts as hidden
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.emulate_media(media="print")
    assert page.pdf().startswith(b"%PDF")
    page.close()
    page = new_page(browser)
    page.goto(f"{server.address}/api/clips/{ids[0]}/report.html")  # and as the server shows it, in a sandbox
    expect(page.locator("svg.plot").first).to_be_visible()  # a level line of its grid has no height, and so counts as hidden
    page.close()
