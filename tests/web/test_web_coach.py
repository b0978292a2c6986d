"""What a coach does with the page, in a real Chromium: the mouse and then the keys, uploads, limits, the one thing first."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from browser import CHROMIUM, new_page, once, opened, time_of
from clips import picture
from playwright.sync_api import expect
from web import GOLDENS, Server, finished

from hingecheck.storage import recording
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.web import work
from hingecheck.web.store import Store

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; .ci/run does that")

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desk": (1400, 900)}
APART = """labels => {
    const boxes = [...document.querySelectorAll(labels)].map(one => ({ text: one.textContent, box: one.getBoundingClientRect() }));
    const meet = (one, other) => one.left + 1 < other.right - 1 && other.left + 1 < one.right - 1
        && one.top + 2 < other.bottom - 2 && other.top + 2 < one.bottom - 2;
    const overlap = boxes.some((one, at) => boxes.slice(at + 1).some(other => meet(one.box, other.box)));
    const named = boxes.some(one => one.text === "Upper back rounds");
    return named && !overlap && boxes.map(one => one.text);
}"""  # the texts of all labels, once no two of them overlap


def keep(own, name, athlete, day, poses, video=None):
    """Put a clip into a store whose poses are known; with ``video`` it is drawn too. Returns its id."""
    clip_id, folder = own.new_folder()
    (folder / "poses.npz").write_bytes(poses.read_bytes())
    if video is not None:
        (folder / "original").write_bytes(video.read_bytes())
    own.add_clip(clip_id, own.athlete_named(athlete)["id"], name, day, 1)
    clip = own.claim()
    own.finish(clip, work.bring_up_to_date(folder, name, Profile.default(), "lite", lambda *_: None), None)
    return clip_id


def several(source, target, times):
    """The poses of a recording, several times over."""
    poses, meta = recording.load_poses(source)
    step_s = float(poses.time_s[-1]) + 0.04
    parts = [replace(poses, time_s=poses.time_s + number * step_s) for number in range(times)]
    recording.save_poses(target, Poses.concat(parts), meta)
    return target


def still(source, target, frames):
    """The beginning of a recording: the lifter stands."""
    poses, meta = recording.load_poses(source)
    recording.save_poses(target, poses[0:frames], meta)
    return target


@pytest.fixture(scope="module")
def ids(tmp_path_factory, sample_videos):
    """Data of a coach: name of a clip -> its id. ``squat`` and ``round`` have videos; ``many`` 18 reps; ``stands`` none."""
    data, made = tmp_path_factory.mktemp("coach"), tmp_path_factory.mktemp("made")
    day = datetime(2026, 3, 1, tzinfo=UTC).date()
    with Store(data) as own:
        poses = {name: GOLDENS / f"{name}.poses.npz" for name in ("squatty", "rounded_upper_back", "good", "locked_knees")}
        found = {
            "squat": keep(own, "squat.mp4", "Ana", day, poses["squatty"], sample_videos / "squatty.mp4"),
            "locked": keep(own, "locked.mp4", "Ana", day, poses["locked_knees"]),
            "many": keep(own, "many.mp4", "Ben", day, several(poses["rounded_upper_back"], made / "many.npz", 6)),
            "stands": keep(own, "stands.mp4", "Ana", day.replace(day=2), still(poses["good"], made / "stands.npz", 50)),
        }
    return {"data": data, **found}


@pytest.fixture(scope="module")
def server(ids):
    with Server(ids["data"]) as made:
        yield made


def pages(ids, server):
    """The pages there are."""
    athlete = server.client.get(f"/api/clips/{ids['squat']}").json()["athlete"]
    return ["/", f"/clips/{ids['squat']}", f"/clips/{ids['stands']}", f"/athletes/{athlete}", "/compare", "/live", "/docs"]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_lies_over_what_can_be_clicked(browser, server, ids, size):
    width, height = SIZES[size]
    page = new_page(browser, viewport={"width": width, "height": height})
    covered = """() => [...document.querySelectorAll("a, button, select, input, summary")].filter(one => {
        if (!one.checkVisibility() || one.closest(".unseen, .skip, .chart, #toast")) return false;
        one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const box = one.getClientRects()[0];
        if (!box || box.width < 2) return false;
        const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return !(one.contains(there) || there?.contains(one) && there.closest("label, li, td, span"));
    }).map(one => one.outerHTML.slice(0, 90))"""
    for path in pages(ids, server):
        page.goto(server.address + path)
        assert page.evaluate(covered) == [], path
        header, last = page.locator("header.top").bounding_box(), page.locator("header.top a").last.bounding_box()
        assert last["y"] + last["height"] <= header["y"] + header["height"], path
        assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    page.close()


def test_keys_work_after_the_mouse_was_used(page, server, ids):
    opened(page, server, ids["squat"])
    box = page.locator("#scrub").bounding_box()
    for use in (
        lambda: page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2),
        lambda: page.locator("#speed").click(),
        lambda: page.locator("#frame_on").click(),
        lambda: page.locator(".moment").first.click(),
        lambda: page.locator("td.fault a").first.click(),
        lambda: page.locator("#drawn").click(),
        lambda: page.locator("details.shown summary").click(),
    ):
        use()
        page.keyboard.press("Escape")  # closes the menu, where there is one
        page.keyboard.press(" ")
        page.locator("#play.playing").wait_for()
        page.keyboard.press(" ")
        page.locator("#play:not(.playing)").wait_for()
        before = page.locator("#clock").text_content()
        page.keyboard.press(".")
        expect(page.locator("#clock")).not_to_have_text(before)
        page.keyboard.press("ArrowLeft")
    page.locator("#speed").select_option("0.5")
    page.keyboard.press("3")
    expect(page.locator("#speed")).to_have_value("0.25")


def test_a_control_that_was_reached_by_the_keyboard_and_a_field_keep_their_keys(page, server, ids):
    opened(page, server, ids["squat"])
    page.locator("#notes").click()
    page.keyboard.type("l. 1 f")
    expect(page.locator("#notes")).to_have_value("l. 1 f")
    expect(page.locator("#play")).not_to_have_class(re.compile("playing"))
    page.locator("#scrub").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#scrub")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert time_of(page) < 0.9  # a step of the bar, not a second
    page.locator("#notes").fill("")


@pytest.mark.parametrize("size", SIZES)
def test_the_one_thing_stands_first_and_leads_to_its_worst_moment(browser, server, ids, size):
    width, height = SIZES[size]
    page = new_page(browser, viewport={"width": width, "height": height})
    opened(page, server, ids["squat"])
    report = server.client.get(f"/api/clips/{ids['squat']}/report.json").json()
    assert report["next_cue"] == "soft_knees"  # the hips sink too, and would come before the knees by their importance
    said = page.locator(".say a")
    expect(said).to_have_text("Straighten your knees a little")
    box = page.locator(".headline").bounding_box()
    assert box["y"] + box["height"] <= height, "above the fold"
    expect(page.locator(".headline img")).to_be_visible()
    assert page.locator(".headline img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator(".moment b").first).to_have_text("Knees bend too much")
    assert page.locator(".moment").first.get_attribute("data-at_s") == said.get_attribute("data-at_s")
    said.click()
    assert time_of(page) == pytest.approx(float(said.get_attribute("data-at_s")), abs=0.05)
    expect(page.locator(".headline")).to_contain_text(f"{report['score']} out of 100, mean of 3 reps")
    page.goto(f"{server.address}/api/clips/{ids['squat']}/report.html")
    expect(page.locator(".say")).to_have_text("Straighten your knees a little")
    expect(page.locator("#worst figcaption strong")).to_have_text("Knees bend too much")
    page.close()


def test_a_still_shows_the_whole_picture(page, server, ids):
    for path, pictures in ((f"/clips/{ids['squat']}", ".headline img, .moment img"), ("/", ".poster img")):
        page.goto(server.address + path)
        assert page.locator(pictures).count() > 0
        fits = page.locator(pictures).evaluate_all("images => images.map(image => getComputedStyle(image).objectFit)")
        assert set(fits) == {"contain"}, path


def test_one_thing_has_one_score(page, server, ids):
    page.goto(server.address)
    ana = page.locator(".card", has_text="Ana").locator(".figure").text_content()
    page.locator(".card", has_text="Ana").click()
    page.wait_for_url("**/athletes/*")
    expect(page.locator(".figures b").first).to_have_text(ana)
    reports = [server.client.get(f"/api/clips/{ids[name]}/report.json").json() for name in ("squat", "locked")]
    scores = [rep["score"] for report in reports for rep in report["reps"]]
    assert ana == str(round(sum(scores) / len(scores)))  # of the last day with reps, not of the clip without any
    expect(page.locator("body")).to_contain_text(f"score {ana},")
    opened(page, server, ids["squat"])
    expect(page.locator("body")).to_contain_text(f"score {reports[0]['score']},")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("where", ["page", "report"])
def test_labels_do_not_overlap_however_many_reps_there_are(browser, server, ids, size, where):
    width, height = SIZES[size]
    page = new_page(browser, viewport={"width": width, "height": height})
    page.goto(f"{server.address}/clips/{ids['many']}" if where == "page" else f"{server.address}/api/clips/{ids['many']}/report.html")
    texts = once(page, APART, "#chart .annotation-text" if where == "page" else "svg.plot text")  # Plotly draws them in its own time
    assert {"rounded 18", "upper 13.5", "Upper back rounds"} <= set(texts)
    assert {"1", "rep 1"} & set(texts)
    page.close()


def test_a_clip_without_reps_is_never_offered_to_compare_and_says_so_when_asked_for(page, server, ids):
    page.goto(f"{server.address}/clips/{ids['squat']}")
    offered = page.locator("select[name=right] option").evaluate_all("all => all.map(one => one.value)")
    assert offered == [ids["locked"], ids["many"]]  # of the same athlete first
    page.goto(f"{server.address}/compare?left={ids['squat']}&right={ids['stands']}")
    expect(page.locator("main")).to_contain_text("stands.mp4: no reps were seen, so there is nothing to compare")
    page.goto(f"{server.address}/clips/{ids['stands']}")
    expect(page.locator("#compare_title")).to_have_count(0)


def test_limits_show_old_and_new_and_can_be_undone_and_leaving_asks(page, server, ids):
    opened(page, server, ids["squat"])
    page.locator("#open_limits").click()
    page.locator("summary", has_text="Butt high").click()
    field = page.get_by_role("spinbutton", name="Butt high Hips sink: over")
    expect(field).to_have_value("9.1")
    expect(field.locator("xpath=..")).to_contain_text("% of the leg")
    field.fill("18")
    # Drops of 15, 16 and 20 % of the leg: the third rep alone is still past 18.
    old = server.client.get(f"/api/clips/{ids['squat']}/report.json").json()
    new = server.client.post(f"/api/clips/{ids['squat']}/judge", json={"schema": 2, "cues": {"butt_high": {"low": 0.18}}}).json()
    says = [f"rep {a['index']}: {a['score']} → {b['score']}" for a, b in zip(old["reps"], new["reps"], strict=True)]
    expect(page.locator("#outcome")).to_contain_text(f"Score {old['score']} → {new['score']}.")
    changed = [words for words, a, b in zip(says, old["reps"], new["reps"], strict=True) if a["score"] != b["score"]]
    assert changed
    for words in changed:
        expect(page.locator("#outcome")).to_contain_text(words)
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#outcome")).to_be_in_viewport()
    page.locator("#usual_limits").click()
    expect(page.locator("#undo_limits")).to_be_enabled()
    page.locator("#undo_limits").click()
    expect(field).to_have_value("18")
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("() => { location.assign('/docs'); }")
    while not asked:
        page.wait_for_timeout(50)
    page.locator("#undo_limits").click()
    assert asked == ["beforeunload"]
    expect(field).to_have_value("9.1")
    expect(page.locator("#outcome")).to_have_text("")
    expect(page.locator("#save_limits")).to_be_disabled()
    expect(page.locator("#undo_limits")).to_be_disabled()


def clip_of(path, made_at=None, apple=None):
    """A few frames as MP4, with the time at which a camera says that it made them."""
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"} if apple else {}) as container:
        if made_at:
            container.metadata["creation_time"] = made_at
        if apple:
            container.metadata["com.apple.quicktime.creationdate"] = apple
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 80, 48, "yuv420p"
        for number in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture(number)), "rgb24")))
        container.mux(stream.encode(None))
    return Path(path)


def test_files_wait_for_a_name_can_be_taken_back_and_carry_the_day_the_camera_wrote(page, server, tmp_path):
    page.goto(server.address)
    page.set_input_files(
        "#files",
        [
            clip_of(tmp_path / "one.mp4", "2021-05-04T10:00:00Z"),
            clip_of(tmp_path / "two.mp4", "2021-05-04T10:00:00Z", "2021-05-03T23:30:00-0700"),
            clip_of(tmp_path / "no.mp4"),
        ],
    )
    rows = page.locator("#under_way li")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Cancel: no.mp4").click()
    expect(rows).to_have_count(2)
    page.fill("#athlete", "Cleo")
    page.keyboard.press("Enter")
    expect(page.locator("#under_way a, #under_way .wrong")).to_have_count(2)
    clips = [clip for clip in server.client.get("/api/clips").json() if clip["athlete_name"] == "Cleo"]
    assert {clip["name"]: clip["day"] for clip in clips} == {"one.mp4": "2021-05-04", "two.mp4": "2021-05-03"}
    for clip in clips:
        finished(server.client, clip["id"])


def test_leaving_while_a_file_is_uploaded_asks_and_a_broken_upload_can_be_tried_again(browser, server, tmp_path):
    page = new_page(browser)
    page.goto(server.address)
    held = []
    page.route("**/api/clips?*", lambda route: held.append(route))
    page.click("#athlete")
    page.fill("#athlete", "Dora")
    page.set_input_files("#files", [clip_of(tmp_path / "slow.mp4")])
    page.get_by_role("button", name="Cancel: slow.mp4").wait_for()
    while not held:
        page.wait_for_timeout(50)
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("() => { location.assign('/docs'); }")
    while not asked:
        page.wait_for_timeout(50)
    held[0].abort()
    expect(page.locator("#under_way .wrong")).to_have_text("the upload broke off.")
    assert asked == ["beforeunload"]
    page.unroute("**/api/clips?*")
    page.get_by_role("button", name="Try again: slow.mp4").click()
    expect(page.locator("#under_way li")).not_to_contain_text("broke off")
    expect(page.locator("#under_way li[data-id^=upload]")).to_have_count(0)
    page.close()


def test_the_mirror_fills_the_screen_and_a_camera_can_be_chosen(chromium, server):
    browser = chromium("--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream")
    context = browser.new_context(permissions=["camera"], viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{server.address}/live")
    page.evaluate(
        "() => navigator.mediaDevices.getUserMedia({ video: true }).then(stream => stream.getTracks().forEach(one => one.stop()))"
    )
    page.evaluate("() => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.locator("#which_camera option")).to_have_count(2)
    expect(page.locator("#which_camera")).to_be_visible()
    page.locator("#whole").click()
    once(page, "() => document.getElementById('mirror').getBoundingClientRect().height === innerHeight")
    page.locator("#leave").click()
    expect(page.locator("#mirror")).not_to_have_class(re.compile("filled"))
    browser.close()


def test_a_fault_that_the_coach_rejects_is_gone_scores_follow_and_it_can_be_taken_back(page, server, ids):
    opened(page, server, ids["squat"])
    before = server.client.get(f"/api/clips/{ids['squat']}/report.json").json()
    number = page.locator(".moment").count()
    page.get_by_role("button", name="This is wrong: Hips sink in rep 3").click()
    expect(page.locator(".moment")).to_have_count(number - 1)
    expect(page.locator("section:has(#yours)")).to_contain_text("Not so: Hips sink")
    after = server.client.get(f"/api/clips/{ids['squat']}/report.json").json()
    assert [a["score"] < b["score"] for a, b in zip(before["reps"], after["reps"], strict=True)] == [False, False, True]
    expect(page.locator(".score b")).to_have_text(str(after["score"]))
    page.get_by_role("button", name="Take back: Hips sink").click()
    expect(page.locator(".moment")).to_have_count(number)
    expect(page.locator(".score b")).to_have_text(str(before["score"]))
    finished(server.client, ids["squat"])
