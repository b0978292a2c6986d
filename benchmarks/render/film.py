from __future__ import annotations
import dataclasses as dc, json, os, time
import numpy as np
from .body import Body, unit
from .motion import Motion, solve, smooth_noise
from .renderer import Renderer, Camera
from .scene import Person, Room, lights
from .clips import CameraSpec, PostSpec

DEG = 180 / np.pi
# what a labelled fault means, in true quantities (documentation and sanity check of the truth)
FAULT_RULES = {
    "rounded_lower_back": "lumbar_flexion >= 20 at some time of the rep",
    "rounded_upper_back": "thoracic_flexion >= 20",
    "squatty": "knee_flexion >= 55 at the bottom",
    "locked_knees": "knee_flexion < 6 through the bottom",
    "knees_caving": "knee_separation / ankle_separation <= 0.8 near the bottom",
    "knees_too_wide": "knee_separation / ankle_separation >= 1.3 near the bottom",
    "feet_too_wide": "ankle_separation / hip_separation >= 2.4",
    "feet_too_narrow": "ankle_separation / hip_separation <= 0.65",
    "shoulders_forward": "shoulder_protraction >= 16 throughout",
    "incomplete_lockout": "hip_flexion >= 14 at the end of the rep",
    "hyperextended_lockout": "trunk_inclination <= -8 at the end of the rep",
    "core_loose": "lumbar_flexion changes by >= 12 within the rep, out of step with the hinge",
    "hips_rise_first": "knees extend >= 60 % before the trunk has risen 25 %",
}

DEFINITIONS = {
    "hip_flexion": "sagittal-plane angle between the trunk axis (mid-hip -> mid-shoulder joint centres) and the thigh = trunk_inclination + thigh_inclination; 0 = in line, + = flexed; per side and mean",
    "hip_flexion_annot / knee_flexion_annot": "the same angles from the coco_* points (where a human annotator would click), per side",
    "hip_angle3d": "unsigned 3D angle shoulder-hip-knee built from mid-shoulder/mid-hip axis and the thigh; 180 = in line",
    "knee_flexion": "180 minus the angle hip-knee-ankle; 0 = straight",
    "trunk_inclination": "trunk axis against the vertical, + = forward (sagittal plane)",
    "shank_inclination": "ankle -> knee against the vertical, + = knee in front of the ankle",
    "thigh_inclination": "hip -> knee against the vertical, + = knee in front of the hip",
    "pelvis_pitch": "pelvis rotation from neutral standing, + = anterior/forward",
    "femur_pelvis_flexion": "pelvis_pitch + thigh_inclination: flexion in the hip joint itself, without the spine",
    "lumbar_flexion": "rotation between sacrum and T12 relative to neutral standing, + = rounded",
    "thoracic_flexion": "rotation between L1 and C7/T1 relative to neutral standing, + = rounded",
    "neck_extension": "head against T1 relative to neutral, + = looking up",
    "shoulder_protraction": "commanded shoulder-blade protraction",
    "knee_separation": "3D distance between the knee joint centres (m); likewise ankle, hip",
    "knee_medial_shift": "medial displacement of the knee from the hip-ankle line in the frontal plane (m), per side, + = caving in",
    "hip_height_rel": "mid-hip height / its height while standing before the first rep",
    "trunk_length_rel": "mid-hip to mid-shoulder distance / same while standing",
    "spine_chord_rel": "C7-sacrum skin chord / same while standing",
    "midline_deviation": "largest perpendicular distance of the dorsal skin midline from the chord sacrum-C7, divided by the chord",
    "joints": "hip, knee, ankle, shoulder (gleno-humeral), elbow, wrist = joint centres of the skeleton; ear, nose, eye, coco_* = surface-regressed as a human annotator would click; heel, toe, c7_skin, tl_junction_skin, sacrum_skin = skin points; c7, tl_junction, l5s1 = spinal joint centres",
}


# ------------------------------------------------------------------------------------------------ one clip
def landmarks3d(body, person, S, i):
    """All named 3D points of frame i, and the dorsal skin midline."""
    P, G, ix = S["P"][i], S["G"][i], body.idx
    X = person.skin_lm(G, P)
    row = person.lm_row
    out = {}
    for nm, b in (
        ("hip", "upperleg01"),
        ("knee", "lowerleg01"),
        ("ankle", "foot"),
        ("shoulder", "upperarm01"),
        ("elbow", "lowerarm01"),
        ("wrist", "wrist"),
    ):
        for s, sd in (("L", "left"), ("R", "right")):
            out[f"{nm}_{sd}"] = P[ix[f"{b}.{s}"]]
    for lab, (i_, w) in body.vreg.items():
        nm = lab.replace("coco_", "") if lab in ("coco_nose", "coco_left_ear", "coco_right_ear", "coco_left_eye", "coco_right_eye") else lab
        if nm in ("left_ear", "right_ear", "left_eye", "right_eye"):
            a, b = nm.split("_")
            nm = f"{b}_{a}"
        out[nm] = (X[[row[int(v)] for v in i_]] * w[:, None]).sum(0)
    out["mid_hip"], out["mid_shoulder"] = 0.5 * (out["hip_left"] + out["hip_right"]), 0.5 * (out["shoulder_left"] + out["shoulder_right"])
    out["c7"], out["tl_junction"], out["l5s1"] = P[ix["neck01"]], P[ix["T12"]], P[ix["L5"]]
    return out, X[[row[int(v)] for v in body.back_midline]]


def angles(S, J, M, motion):
    """Per-frame true scalars from the named points J[name] (F,3) and midline M (F,K,3)."""
    a = {}
    ax = unit(J["mid_shoulder"] - J["mid_hip"])
    sag = lambda v: np.arctan2(-v[:, 1], v[:, 2]) * DEG  # inclination of an upward vector, + forward
    for sd in ("left", "right"):
        th, sk = J[f"hip_{sd}"] - J[f"knee_{sd}"], J[f"knee_{sd}"] - J[f"ankle_{sd}"]
        a[f"hip_angle3d_{sd}"] = 180 - np.arccos(np.clip((unit(th) * ax).sum(1), -1, 1)) * DEG
        a[f"knee_flexion_{sd}"] = np.arccos(np.clip((unit(th) * unit(sk)).sum(1), -1, 1)) * DEG
        a[f"thigh_inclination_{sd}"], a[f"shank_inclination_{sd}"] = -sag(th), sag(sk)
        h, k, n = J[f"hip_{sd}"], J[f"knee_{sd}"], J[f"ankle_{sd}"]
        f = (k[:, 2] - n[:, 2]) / (h[:, 2] - n[:, 2])
        a[f"knee_medial_shift_{sd}"] = (1 if sd == "left" else -1) * ((n + f[:, None] * (h - n))[:, 0] - k[:, 0])
    a["trunk_inclination"] = sag(ax)
    a["pelvis_pitch"] = S["pelvis_pitch"]
    for sd in ("left", "right"):
        a[f"hip_flexion_{sd}"] = a["trunk_inclination"] + a[f"thigh_inclination_{sd}"]
        t2, s2, k2 = (
            J[f"coco_{sd}_shoulder"] - J[f"coco_{sd}_hip"],
            J[f"coco_{sd}_hip"] - J[f"coco_{sd}_knee"],
            J[f"coco_{sd}_knee"] - J[f"coco_{sd}_ankle"],
        )
        a[f"hip_flexion_annot_{sd}"] = sag(t2) - sag(s2)
        a[f"knee_flexion_annot_{sd}"] = np.arccos(np.clip((unit(s2) * unit(k2)).sum(1), -1, 1)) * DEG
    for q in ("hip_flexion", "knee_flexion"):
        a[q] = 0.5 * (a[q + "_left"] + a[q + "_right"])
    a["femur_pelvis_flexion"] = S["pelvis_pitch"] + 0.5 * (a["thigh_inclination_left"] + a["thigh_inclination_right"])
    a["lumbar_flexion"], a["thoracic_flexion"], a["neck_extension"], a["shoulder_protraction"] = (
        S["lumbar"],
        S["thoracic"],
        S["neck"],
        S["protraction"],
    )
    for q in ("hip", "knee", "ankle"):
        a[q + "_separation"] = np.linalg.norm(J[q + "_left"] - J[q + "_right"], axis=1)
    n0 = max(1, int(motion.lead_s * motion.fps * 0.8))
    a["hip_height_rel"] = J["mid_hip"][:, 2] / J["mid_hip"][:n0, 2].mean()
    a["shoulder_height_rel"] = J["mid_shoulder"][:, 2] / J["mid_shoulder"][:n0, 2].mean()
    tr = np.linalg.norm(J["mid_shoulder"] - J["mid_hip"], axis=1)
    a["trunk_length_rel"] = tr / tr[:n0].mean()
    ch = np.linalg.norm(J["c7_skin"] - J["sacrum_skin"], axis=1)
    a["spine_chord_rel"] = ch / ch[:n0].mean()
    dev = []
    for f in range(len(M)):
        p, q = J["sacrum_skin"][f], J["c7_skin"][f]
        u = unit((q - p)[None])[0]
        d = M[f] - p
        t = d @ u
        nrm = np.array([0, u[2], -u[1]])  # dorsal normal in the sagittal plane
        k = (t > 0) & (t < ch[f])
        dv = d[k] @ nrm
        dev.append(dv[np.argmax(np.abs(dv))] / ch[f] if k.any() else 0)
    a["midline_deviation"] = np.array(dev)
    return {k: np.asarray(v, float) for k, v in a.items()}


def build(clip, verbose=False):
    """Body, motion, renderer, camera for a clip description."""
    mo = Motion(**clip["motion"])
    cs = CameraSpec(**clip["camera"])
    look = clip["look"]
    body = Body(clip["shape"], clip["stature"])
    r = Renderer(cs.width, cs.height_px)
    person = Person(body, look, r)
    S = solve(body, mo, person.sole_clearance)
    F = len(S["t"])
    # the person may stand on a mat
    az = np.radians(cs.azimuth)
    cd = np.array([cs.side * np.cos(az), -np.sin(az), 0.0])
    lm = [landmarks3d(body, person, S, i) for i in range(F)]
    J = {k: np.array([q[0][k] for q in lm]) for k in lm[0][0]}
    M = np.array([q[1] for q in lm])
    if mo.hold != "none":  # plates must clear the floor at the lowest point
        low = min(person.bar_pose(S["G"][i], S["P"][i])[1][2] for i in range(0, F, 5))
        person.add_bar(mo.hold, dict(look, plate_radius=float(np.clip(look["plate_radius"], 0.05, max(0.06, low - 0.03)))))
    room = Room(r, look, cd, look["room_seed"])
    if room.mat_h:
        S["P"][..., 2] += room.mat_h
        M[..., 2] += room.mat_h
        for k in J:
            J[k] = J[k] + [0, 0, room.mat_h]
    # camera: distance so that the whole motion fills the frame as asked
    pts = np.concatenate(
        [
            S["P"][::4].reshape(-1, 3),
            J["toe_left"][::8],
            J["toe_right"][::8],
            J["heel_left"][::8],
            J["heel_right"][::8],
            J["nose"][::4] + [0, 0, 0.17],
            J["nose"][::4] + [0, -0.06, 0],
            M[::4].reshape(-1, 3),
        ]
    )
    c = 0.5 * (pts.min(0) + pts.max(0))
    aim = c.copy()
    dist = 3.0
    for _ in range(25):
        cam = Camera(np.r_[(aim + cd * dist)[:2], cs.height], aim, cs.fov, cs.width, cs.height_px, cs.roll)
        uv = cam.project(pts)
        lo, hi = uv.min(0), uv.max(0)
        size = max((hi[0] - lo[0]) / cs.width, (hi[1] - lo[1]) / cs.height_px)
        dist *= np.clip(size / cs.fill, 0.7, 1.4)
        dx = 0.5 * (lo[0] + hi[0]) / cs.width - 0.5 - cs.offset_x
        dy = 0.5 * (lo[1] + hi[1]) / cs.height_px - 0.5 - cs.offset_y
        w = 2 * dist * np.tan(np.radians(cs.fov) / 2)
        right = cam.V[0, :3]
        aim = aim + right * dx * w * cs.width / cs.height_px * 0.8 - np.array([0, 0, dy * w * 0.8])
    r.centre = np.array([*c[:2], 0.9])
    r.set_lights(*lights(look, cd))
    cams = [cam] * F
    if cs.shake > 0:
        rng = np.random.default_rng(mo.seed + 5)
        n = smooth_noise(S["t"], rng, 1.0, (4,), 0.2, 2.2, 8) * cs.shake
        cams = [
            Camera(
                cam.eye + 0.01 * np.array([n[i, 3], 0, n[i, 2]]),
                cam.target + np.linalg.norm(cam.target - cam.eye) * np.radians(np.array([n[i, 0] * 0.7, n[i, 0] * 0.7, n[i, 1]])),
                cs.fov,
                cs.width,
                cs.height_px,
                cs.roll + 0.3 * n[i, 2],
            )
            for i in range(F)
        ]
    return dict(
        body=body,
        motion=mo,
        spec=cs,
        S=S,
        J=J,
        M=M,
        renderer=r,
        person=person,
        cams=cams,
        look=look,
        dist=float(np.linalg.norm(cam.target - cam.eye)),
    )


SUB = np.array([[0.25, -0.12], [-0.25, 0.12], [0.0, 0.37], [0.12, -0.37]])


def frames(B, post: PostSpec, which=None, masks=None, seed=0):
    """Yield finished uint8 frames (and append true masks to the list `masks`)."""
    import cv2

    r, p, S, cams = B["renderer"], B["person"], B["S"], B["cams"]
    F = len(S["t"])
    which = range(F) if which is None else which
    rng = np.random.default_rng(seed)
    h, w = r.h, r.w
    exp = 1.0
    yy, xx = np.mgrid[:h, :w]
    vig = (1 - post.vignette * (((xx - w / 2) / (w / 2)) ** 2 + ((yy - h / 2) / (h / 2)) ** 2) / 2)[..., None].astype(np.float32)
    first, cache = True, {}

    def verts(i):
        if i not in cache:
            if len(cache) > 2:
                cache.pop(min(cache))
            cache[i] = p.skinned(S["G"][i], S["P"][i])
        return cache[i]

    for i in which:
        cam = cams[i]
        V0 = verts(i)
        V1 = verts(min(i + 1, F - 1))
        Vm = verts(max(i - 1, 0)) if i - 1 in cache else V0
        p.upload(V0)
        r.shadow_pass()
        if first:  # auto exposure, like a phone that has settled before the set
            for _ in range(4):
                r.draw_room(cam, exp, post.wb)
                m = r.draw_person(cam, (0, 0), exp, post.wb).mean() / 255
                exp *= np.clip((post.brightness / m) ** 1.8, 0.5, 2.0)
            first = False
        r.draw_room(cam, exp, post.wb)
        sp = max(np.abs(cam.project(V1[0][::97]) - cam.project(V0[0][::97])).max(), 0.01) * post.shutter
        n = 2 if sp < 3 else 3 if sp < 7 else 4
        acc = 0
        for k in range(n):
            a = ((k + 0.5) / n - 0.5) * post.shutter
            if sp > 0.4:
                p.upload([v0 + a * (v1 - v0) if a >= 0 else v0 + a * (v0 - vm) for v0, v1, vm in zip(V0, V1, Vm)])
            acc = acc + r.draw_person(cam, SUB[k], exp, post.wb).astype(np.float32)
        im = acc / n
        if masks is not None:
            p.upload(V0)
            masks.append(r.mask(cam))
        if post.blur > 0:
            im = cv2.GaussianBlur(im, (0, 0), post.blur)
        im = ((im - 118) * post.contrast + 118) * vig
        if post.noise > 0:
            sd = post.noise * (0.45 + 0.9 * np.sqrt(np.clip(im, 1, 255) / 255))
            n1 = rng.standard_normal((h, w, 1), dtype=np.float32)
            n2 = cv2.resize(rng.standard_normal((h // 2, w // 2, 3), dtype=np.float32), (w, h))
            im = im + sd * (0.8 * n1 + 0.55 * n2)
        yield np.clip(im + 0.5, 0, 255).astype(np.uint8)


def encode(path, it, fps, size, crf, max_kb, nframes):
    import av
    from fractions import Fraction

    dur = nframes / fps
    rate = int(max_kb * 8192 / dur * 0.93)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as c:
        st = c.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        st.width, st.height = size
        st.pix_fmt = "yuv420p"
        st.codec_context.thread_count = 1
        st.options = {"crf": str(crf), "preset": "medium", "maxrate": str(rate), "bufsize": str(rate * 2), "g": str(int(fps * 4))}
        for im in it:
            for pk in st.encode(av.VideoFrame.from_ndarray(im, format="rgb24")):
                c.mux(pk)
        for pk in st.encode():
            c.mux(pk)


def rnd(x, n=2):
    return [round(float(v), n) for v in np.asarray(x).ravel()]


def plain(o):
    if isinstance(o, dict):
        return {k: plain(v) for k, v in o.items()}
    if isinstance(o, (list, tuple)):
        return [plain(v) for v in o]
    if isinstance(o, np.generic):
        return o.item()
    return round(o, 5) if isinstance(o, float) else o


def truth(B, clip, name):
    S, J, M, mo, cs = B["S"], B["J"], B["M"], B["motion"], B["spec"]
    A = angles(S, J, M, mo)
    F = len(S["t"])
    J2 = {k: np.array([B["cams"][i].project(v[i]) for i in range(F)]) for k, v in J.items()}
    M2 = np.array([B["cams"][i].project(M[i]) for i in range(F)])
    reps = []
    for k, (a, b, c, d) in enumerate(S["events"]):
        i = (S["t"] >= a) & (S["t"] < d)
        bot = (S["t"] >= b - 0.04) & (S["t"] < c + 0.04)
        e = (S["t"] >= d) & (S["t"] < d + 0.3)
        q = lambda n, f=np.max, w=i: round(float(f(A[n][w])), 2) if w.any() else None
        reps.append(
            dict(
                rep=k + 1,
                start_s=round(a, 3),
                bottom_s=round(b, 3),
                ascent_s=round(c, 3),
                end_s=round(d, 3),
                peak_hip_flexion=q("hip_flexion"),
                knee_flexion_bottom=q("knee_flexion", np.mean, bot),
                peak_lumbar_flexion=q("lumbar_flexion"),
                peak_thoracic_flexion=q("thoracic_flexion"),
                min_knee_ankle_ratio=round(float((A["knee_separation"] / A["ankle_separation"])[i].min()), 3),
                max_knee_ankle_ratio=round(float((A["knee_separation"] / A["ankle_separation"])[i].max()), 3),
                ankle_hip_ratio=round(float((A["ankle_separation"] / A["hip_separation"])[i].mean()), 3),
                end_hip_flexion=q("hip_flexion", np.mean, e),
                end_trunk_inclination=q("trunk_inclination", np.mean, e),
                faults=clip["faults"] if k + 1 in clip["fault_reps"] else [],
            )
        )
    near = "left" if cs.side > 0 else "right"
    head = dict(
        schema="hinge-truth/1",
        name=name,
        preset=clip["preset"],
        faults=clip["faults"],
        fault_rules={f: FAULT_RULES.get(f) for f in clip["faults"]},
        view=clip["view"],
        fps=mo.fps,
        frames=F,
        width=cs.width,
        height=cs.height_px,
        near_side=near,
        reps=reps,
        camera=dict(plain(dc.asdict(cs)), eye=rnd(B["cams"][0].eye, 4), target=rnd(B["cams"][0].target, 4), distance=round(B["dist"], 3)),
        gender=clip["gender"],
        stature_m=clip["stature"],
        shape=clip["shape"],
        motion=plain(dc.asdict(mo)),
        look=plain(clip["look"]),
        post=plain(clip["post"]),
        definitions=DEFINITIONS,
        per_frame=dict(
            t=rnd(S["t"], 3),
            rep=[int(v) for v in S["rep"]],
            phase=list(S["phase"]),
            **{k: rnd(v, 3 if "separation" in k or "rel" in k or "shift" in k or "deviation" in k else 2) for k, v in A.items()},
        ),
    )
    arr = dict(
        t=S["t"],
        rep=S["rep"],
        phase=S["phase"].astype("U8"),
        joint_names=np.array(list(J)),
        joints3d=np.stack([J[k] for k in J], 1).astype(np.float32),
        joints2d=np.stack([J2[k] for k in J2], 1).astype(np.float32),
        midline3d=M.astype(np.float32),
        midline2d=M2.astype(np.float32),
        camera=np.stack([(c.P @ c.V) for c in B["cams"]]).astype(np.float64),
        **{"a_" + k: v.astype(np.float32) for k, v in A.items()},
    )
    return head, arr


def make_clip(clip, out, masks=False):
    """Render a clip, and write NAME.mp4, NAME.npz and NAME.json, in this order and each in one piece: where the last is, all is whole."""
    begun = time.perf_counter()
    B = build(clip)
    post = PostSpec(**{k: (tuple(v) if k == "wb" else v) for k, v in clip["post"].items()})
    out.parent.mkdir(parents=True, exist_ok=True)
    part = {suffix: out.with_suffix(f"{suffix}.part{os.getpid()}") for suffix in (".mp4", ".npz", ".json")}
    set_up = time.perf_counter()
    mk = [] if masks else None
    F = len(B["S"]["t"])
    try:
        encode(
            part[".mp4"],
            frames(B, post, masks=mk, seed=B["motion"].seed),
            B["motion"].fps,
            (B["spec"].width, B["spec"].height_px),
            post.crf,
            post.max_kb,
            F,
        )
        done = time.perf_counter()
        head, arr = truth(B, clip, out.stem)
        if masks:
            arr["mask_bits"] = np.packbits(np.array(mk), axis=-1)
        with part[".npz"].open("wb") as file:
            np.savez_compressed(file, **arr)
        part[".json"].write_text(json.dumps(head, separators=(",", ":")), encoding="utf-8")
        for suffix, path in part.items():
            path.replace(out.with_suffix(suffix))
    finally:
        B["renderer"].ctx.release()
        for path in part.values():
            path.unlink(missing_ok=True)
    return (
        f"{out.name}: {F} frames, {set_up - begun:.1f} s to set up, {(done - set_up) / F:.2f} s a frame, {out.stat().st_size / 1024:.0f} kB"
    )
