"""Hip-hinge motion: clip parameters -> joint rotations for every frame -> truth.

The legs are solved by two-bone inverse kinematics from feet planted on the floor; the pelvis is placed so that the
centre of mass (segment model + held load) stays over the mid-foot.  Everything is vectorised over frames.
"""

from __future__ import annotations
import dataclasses as dc
import numpy as np
from .body import Body, rot_x, rot_axis, unit, frame, LUMBAR, THORAX, LUMBAR_SHARE, THORAX_SHARE

D = np.pi / 180


@dc.dataclass
class Motion:
    """All angles in degrees.  'at bottom' values are reached at the bottom of every rep."""

    reps: int = 3
    fps: float = 25.0
    t_down: float = 2.0
    t_up: float = 1.5
    t_bottom: float = 0.25
    t_top: float = 0.7
    peak_hip_flexion: float = 85.0  # trunk axis (mid-hip -> mid-shoulder) against thigh, at bottom
    knee_bottom: float = 18.0  # knee flexion at bottom
    knee_top: float = 4.0
    trunk_top: float = 0.0  # trunk inclination at the top: >0 incomplete lockout, <0 leaning back
    lumbar_top: float = 0.0
    lumbar_bottom: float = 4.0  # lumbar flexion relative to neutral standing (0 neutral, 40 strongly rounded, <0 arched)
    thoracic_top: float = 0.0
    thoracic_bottom: float = 3.0
    lumbar_timing: str = "with"  # "with" the hinge | "early" | "late" | "loose" (grows through and after the bottom, and over reps)
    neck_bottom: float = 12.0  # neck extension (looking up) at bottom, relative to neutral
    neck_top: float = 0.0
    protraction: float = 0.0  # shoulder blades forward (deg), constant
    protraction_bottom: float = 6.0  # added at the bottom
    stance: float = 1.0  # ankle separation / hip-joint separation
    toe_out: float = 8.0
    knee_valgus: float = 0.0  # swivel of the knee about the hip-ankle line at bottom: + inwards (caving), - outwards
    hips_first: float = 0.0  # 0..1: on the way up knees extend before the trunk rises
    knees_first: float = 0.0  # 0..1: on the way down knees bend before the trunk tips
    hold: str = "none"  # none | dowel | barbell
    load_kg: float = 0.0
    bar_close: float = 0.7  # 1 = bar against the legs, 0 = arms vertical
    rep_sd: float = 0.03  # rep-to-rep variation of depth and timing
    jitter: float = 0.5  # small slow body sway (deg)
    lead_s: float = 0.8  # standing still before the first and after the last rep
    start_neutral: bool = True  # stand neutrally before the first rep even when the *_top values are faulty
    start_knee: float = 4.0
    start_thoracic: float = 0.0
    per_rep: dict = dc.field(default_factory=dict)  # e.g. {"lumbar_bottom": [5, 35, 5]}: overrides per rep (None = keep)
    seed: int = 0


def minjerk(x):
    x = np.clip(x, 0, 1)
    return x * x * x * (10 - 15 * x + 6 * x * x)


def timeline(m: Motion, rng):
    """Returns t, rep (0 = none), phase name, s_down-up progress p in [0,1] and ascent flag per frame."""
    ev, t = [], m.lead_s
    for r in range(m.reps):
        k = 1 + rng.normal(0, m.rep_sd * 2, 4)
        a = t
        b = a + m.t_down * k[0]
        c = b + m.t_bottom * max(0.3, k[1])
        d = c + m.t_up * k[2]
        ev.append((a, b, c, d))
        t = d + m.t_top * max(0.3, k[3])
    total = t - m.t_top * 0.5 + m.lead_s
    n = int(round(total * m.fps))
    T = np.arange(n) / m.fps
    rep = np.zeros(n, int)
    phase = np.array(["stand"] * n, object)
    x = np.zeros(n)
    up = np.zeros(n, bool)
    cyc = np.zeros(n)
    for r, (a, b, c, d) in enumerate(ev):
        i = (T >= a) & (T < b)
        phase[i] = "descent"
        x[i] = (T[i] - a) / (b - a)
        cyc[i] = 0.5 * x[i]
        i = (T >= b) & (T < c)
        phase[i] = "bottom"
        x[i] = 1
        cyc[i] = 0.5
        i = (T >= c) & (T < d)
        phase[i] = "ascent"
        x[i] = 1 - (T[i] - c) / (d - c)
        up[i] = True
        cyc[i] = 1 - 0.5 * x[i]
        i = (T >= a) & (T < d)
        rep[i] = r + 1
        nxt = ev[r + 1][0] if r + 1 < m.reps else 1e9
        i = (T >= d) & (T < nxt)
        phase[i] = "top"
        cyc[i] = 1
    return T, rep, phase, x, up, cyc, ev


def smooth_noise(T, rng, amp, shape=(), fmin=0.08, fmax=0.45, k=5):
    f = rng.uniform(fmin, fmax, (k,) + shape)
    ph = rng.uniform(0, 2 * np.pi, (k,) + shape)
    a = rng.normal(0, 1, (k,) + shape)
    y = sum(a[i] * np.sin(2 * np.pi * f[i] * T.reshape((-1,) + (1,) * len(shape)) + ph[i]) for i in range(k))
    return amp * y / np.sqrt(k / 2)


def solve(body: Body, m: Motion, sole_clearance=0.0):
    """Returns dict with G (F,B,3,3), P (F,B,3), signals and truth arrays.  sole_clearance: shoe sole thickness."""
    rng = np.random.default_rng(m.seed)
    T, rep, phase, x, up, cyc, ev = timeline(m, rng)
    F = len(T)
    ix = body.idx
    H0 = body.head0

    # ---- progress curves: base s, with warps for hips-first / knees-first; every parameter may differ per rep
    def per(name, noise=0.0):
        base = getattr(m, name)
        v = np.full(m.reps + 1, float(base))
        for r, x_ in enumerate(m.per_rep.get(name, [])[: m.reps]):
            if x_ is not None:
                v[r + 1] = x_
        if noise:
            v[1:] *= 1 + rng.normal(0, noise, m.reps)
        return v

    cur = np.zeros(F, int)  # rep in progress or just finished
    for r, (a, b, c, d) in enumerate(ev):
        cur[T >= a] = r + 1
    prev = np.maximum(cur - 1, 0)
    after = up | (phase == "top")  # going to / at the end-of-rep position
    neutral = dict(trunk_top=0.0, knee_top=m.start_knee, lumbar_top=0.0, thoracic_top=m.start_thoracic, neck_top=0.0)

    def blend(top, bottom, s):
        t = per(top)
        t[0] = neutral[top] if m.start_neutral else t[0]
        bt = bottom[cur]
        st = t[prev]
        en = t[cur]
        return np.where(after, en + (bt - en) * s, st + (bt - st) * s)

    s = minjerk(x)
    warp = lambda y, g: np.clip(y, 0, 1) ** g
    hf_, kf_ = per("hips_first")[cur], per("knees_first")[cur]
    s_knee = np.where(up, minjerk(warp(x, 1 + 1.6 * hf_)), minjerk(warp(x, 1 / (1 + 1.2 * kf_))))
    s_trunk = np.where(up, minjerk(warp(x, 1 / (1 + 1.2 * hf_))), minjerk(warp(x, 1 + 1.2 * kf_)))
    jit = lambda a=1.0: smooth_noise(T, rng, m.jitter * a)
    knee = blend("knee_top", per("knee_bottom", m.rep_sd * 2), s_knee) + np.abs(jit(0.6))
    knee = np.maximum(knee, 0.3)
    timing = m.lumbar_timing
    if timing == "early":
        sl = minjerk(np.clip(x * 1.8, 0, 1))
    elif timing == "late":
        sl = minjerk(np.clip((x - 0.45) / 0.55, 0, 1))
    elif timing == "loose":  # keeps collapsing: little on the way down, most just after the turn, wobbling, worse every rep
        g = np.exp(-(((cyc - 0.60) / 0.17) ** 2)) + 0.35 * np.exp(-(((cyc - 0.33) / 0.08) ** 2)) * np.sin(T * 9)
        sl = g * np.where(rep > 0, 0.7 + 0.3 * rep / max(m.reps, 1), 0) * (x > 0)
        k = np.hanning(max(3, int(m.fps * 0.25) | 1))
        sl = np.convolve(np.pad(sl, len(k) // 2, mode="edge"), k / k.sum(), "valid")
    else:
        sl = s_trunk
    lumbar = blend("lumbar_top", per("lumbar_bottom", m.rep_sd * 2), sl) + jit(0.8)
    thor = blend("thoracic_top", per("thoracic_bottom", m.rep_sd * 2), sl if timing == "loose" else s_trunk) + jit(0.6)
    neck = blend("neck_top", per("neck_bottom"), s_trunk) + jit(2.0)
    prot = per("protraction")[np.maximum(cur, 1)] + per("protraction_bottom")[cur] * s_trunk
    swivel = per("knee_valgus", m.rep_sd)[cur] * s_knee
    yaw_trunk, roll_trunk = jit(0.8), jit(0.5)
    peak = per("peak_hip_flexion", m.rep_sd)

    # ---- feet (planted)
    hipL, hipR = H0[ix["upperleg01.L"]], H0[ix["upperleg01.R"]]
    hw = abs(hipL[0])
    l1 = np.linalg.norm(H0[ix["lowerleg01.L"]] - hipL)
    l2 = np.linalg.norm(H0[ix["foot.L"]] - H0[ix["lowerleg01.L"]])
    ank_h = H0[ix["foot.L"]][2] - body.sole + sole_clearance
    ax_ = m.stance * hw
    A = {"L": np.array([ax_, 0, ank_h]), "R": np.array([-ax_, 0, ank_h])}
    toe_y = -body_foot_forward(body)  # toe tip is this far in front of the ankle (negative y)

    dist = np.sqrt(l1**2 + l2**2 + 2 * l1 * l2 * np.cos(knee * D))  # hip-ankle distance for the commanded knee flexion
    sag = np.sqrt(np.maximum(dist**2 - (hw - ax_) ** 2, 1e-4))

    # ---- trunk local rotations (sagittal)
    local = {}
    for v, w in zip(LUMBAR, LUMBAR_SHARE):
        local[v] = rot_x(lumbar * w * D)
    lshare = 1.0
    for v, w in zip(THORAX, THORAX_SHARE):
        local[v] = rot_x(thor * w * D)
    for i, n in enumerate(("neck01", "neck02", "neck03", "head")):
        local[n] = rot_x(-(neck) * [0.25, 0.25, 0.2, 0.3][i] * D)
    if True:  # small natural head turn
        local["head"] = local["head"] @ rot_axis(np.array([0, 0, 1.0]), jit(2.5) * D)
    sc_f = None

    def trunk_axis_offset():
        """inclination of (mid-hip -> mid-shoulder) when the pelvis is neutral, per frame (spine shape only)."""
        G, P = body.fk(np.zeros((F, 3)), np.tile(np.eye(3), (F, 1, 1)), dict(local, **girdle(0 * T)), {}, F)
        d = mid(P, body, "upperarm01") - mid(P, body, "upperleg01")
        return np.arctan2(-d[:, 1], d[:, 2]) / D

    def girdle(sh_flex):
        """clavicle / scapula: protraction plus scapulo-humeral rhythm for the arm angle against the trunk (deg)."""
        out = {}
        for sd, sg in (("L", 1), ("R", -1)):
            p = prot + 0.10 * sh_flex
            out["clavicle." + sd] = rot_axis(np.array([0, 0, 1.0]), -sg * p * D * 0.6) @ rot_axis(
                np.array([0, 1.0, 0]), sg * np.full(F, 1.0) * D
            )
            out["shoulder01." + sd] = rot_axis(np.array([0, 0, 1.0]), -sg * p * D * 0.35) @ rot_axis(
                np.array([0, 1.0, 0]), sg * (7 - 0.05 * sh_flex) * D
            )
        return out

    off = trunk_axis_offset()
    # ---- pelvis: the trunk inclination follows s_trunk; its peak is tuned per rep so that hip flexion at the bottom is as commanded
    phi = np.zeros(F)
    tau_peak = peak - 10.0
    for it in range(8):
        tau = blend("trunk_top", tau_peak, s_trunk) + smooth_noise(T, np.random.default_rng(m.seed + 77), m.jitter * 1.2)
        theta = tau - off
        root_R = (
            rot_axis(np.array([0, 0, 1.0]), yaw_trunk * 0.4 * D) @ rot_x(theta * D) @ rot_axis(np.array([0, 1.0, 0]), roll_trunk * 0.4 * D)
        )
        for inner in range(3):
            S = place(body, m, F, root_R, local, girdle(np.clip(tau, 0, 120)), A, sag, phi, swivel, knee, T, rng, toe_y, s_trunk, tau)
            err = S["com"][:, 1] - S["com_target"]
            phi = phi - np.clip(err / (0.80 * sag), -0.15, 0.15)
        hf = S["hip_flexion"].mean(1)
        for r in range(1, m.reps + 1):
            i = (rep == r) & (s > 0.995)
            if i.any():
                tau_peak[r] += np.clip(peak[r] - np.median(hf[i]), -20, 20)
    S.update(
        t=T,
        rep=rep,
        phase=phase,
        progress=s,
        lumbar=lumbar,
        thoracic=thor,
        neck=neck,
        events=ev,
        com_err=err,
        protraction=prot,
        swivel=swivel,
        pelvis_pitch=theta,
    )
    return S


def mid(P, body, b):
    return 0.5 * (P[:, body.idx[b + ".L"]] + P[:, body.idx[b + ".R"]])


def body_foot_forward(body):
    i, w = body.vreg["toe_left"]
    return float(body.head0[body.idx["foot.L"]][1] - body.V[i[0], 1])


def place(body, m, F, root_R, local, girdle, A, sag, phi, swivel, knee, T, rng, toe_y, s_trunk, tau):
    """Pelvis position from the leg geometry, leg IK, arms, FK, centre of mass."""
    ix, H0 = body.idx, body.head0
    ank = 0.5 * (A["L"] + A["R"])
    M = np.stack([np.zeros(F), ank[1] + sag * np.sin(phi), ank[2] + sag * np.cos(phi)], 1)  # mid-hip
    hip_mid0 = 0.5 * (H0[ix["upperleg01.L"]] + H0[ix["upperleg01.R"]])
    root_pos = M - np.einsum("fij,j->fi", root_R, hip_mid0 - H0[ix["root"]])
    world = {}
    for sd, sg in (("L", 1), ("R", -1)):
        h0, k0, a0 = (H0[ix[b + "." + sd]] for b in ("upperleg01", "lowerleg01", "foot"))
        l1, l2 = np.linalg.norm(k0 - h0), np.linalg.norm(a0 - k0)
        Hp = root_pos + np.einsum("fij,j->fi", root_R, h0 - H0[ix["root"]])
        leg = A[sd] - Hp
        d = np.linalg.norm(leg, axis=1)
        l = leg / d[:, None]
        dd = np.minimum(d, l1 + l2 - 1e-5)
        a = (l1**2 - l2**2 + dd**2) / (2 * dd)
        r = np.sqrt(np.maximum(l1**2 - a**2, 1e-10))
        to = sg * m.toe_out * D
        f = np.array([np.sin(to), -np.cos(to), 0.0])
        f = unit(f - (l * f).sum(1, keepdims=True) * l)
        f = np.einsum("fij,fj->fi", rot_axis(l, -sg * -swivel * D), f)
        K = Hp + a[:, None] * l + r[:, None] * f
        n = np.cross(f, l)
        u1, u2 = K - Hp, A[sd] - K
        n0 = np.cross(unit(k0 - h0), unit(a0 - k0))
        world["upperleg01." + sd] = world["upperleg02." + sd] = frame(u1, n) @ frame(k0 - h0, n0).T
        world["lowerleg01." + sd] = frame(u2, n) @ frame(a0 - k0, n0).T
        foot = rot_axis(np.array([0, 0, 1.0]), np.full(F, sg * (m.toe_out - rest_toe_out(body)) * D))
        world["foot." + sd] = foot
        # the shank's own twist towards the foot is shared by its lower half
        world["lowerleg02." + sd] = world["lowerleg01." + sd]
    # ---- arms
    loc = dict(local, **girdle)
    G, P = body.fk(root_pos, root_R, loc, world, F)
    for sd, sg in (("L", 1), ("R", -1)):
        s0, e0, w0 = (H0[ix[b + "." + sd]] for b in ("upperarm01", "lowerarm01", "wrist"))
        L1, L2 = np.linalg.norm(e0 - s0), np.linalg.norm(w0 - e0)
        Sp = P[:, ix["upperarm01." + sd]]
        side = body.hip_half_width + 0.045
        if m.hold == "none":
            ab = np.arcsin(np.clip((side - np.abs(Sp[:, 0])) / (L1 + L2), -0.05, 0.35)) * (1 - 0.75 * s_trunk)
            el = (10 + 3 * np.sin(T * 0.9 + sg)) * D
            swing = (3 + 2 * np.sin(T * 1.1 + 2 * sg)) * D * (1 - 0.5 * s_trunk) - 0.03 * s_trunk
            down = np.stack([sg * np.sin(ab), -np.sin(swing), -np.cos(swing) * np.cos(ab)], 1)
            fwd = unit(np.stack([-sg * 0.35 * np.ones(F), -np.ones(F), np.zeros(F)], 1))
            W = Sp + unit(down) * np.sqrt(L1**2 + L2**2 + 2 * L1 * L2 * np.cos(el))[:, None]
            index_dir = np.array([-sg * 0.35, -1.0, 0])  # thumb side forwards, palm to the thigh
        else:
            W = bar_grip(body, m, P, Sp, sg, L1, L2, F)
            fwd = unit(np.stack([-sg * 0.5 * np.ones(F), -np.ones(F), np.zeros(F)], 1))
            index_dir = np.array([-sg * 1.0, 0, 0])  # overhand grip
        leg = W - Sp
        d = np.linalg.norm(leg, axis=1)
        l = leg / d[:, None]
        dd = np.minimum(d, L1 + L2 - 1e-4)
        a = (L1**2 - L2**2 + dd**2) / (2 * dd)
        r = np.sqrt(np.maximum(L1**2 - a**2, 1e-8))
        f = unit(fwd - (l * fwd).sum(1, keepdims=True) * l)
        E = Sp + a[:, None] * l - r[:, None] * f
        n = np.cross(l, f)
        n0 = np.cross(unit(e0 - s0), unit(w0 - e0))
        Ra = frame(E - Sp, n) @ frame(e0 - s0, n0).T
        Rf = frame(Sp + dd[:, None] * l - E, n) @ frame(w0 - e0, n0).T
        world["upperarm01." + sd] = world["upperarm02." + sd] = Ra
        ax = unit(Sp + dd[:, None] * l - E)
        # forearm rotation that turns the knuckle line (little -> index finger) into index_dir
        kn = unit(H0[ix["finger2-1." + sd]] - H0[ix["finger5-1." + sd]])
        k0 = np.einsum("fij,j->fi", Rf, kn)
        k0 = unit(k0 - (k0 * ax).sum(1, keepdims=True) * ax)
        k1 = unit(index_dir - (ax @ index_dir)[:, None] * ax)
        pron = np.arctan2((np.cross(k0, k1) * ax).sum(1), (k0 * k1).sum(1))
        world["lowerarm01." + sd] = rot_axis(ax, 0.25 * pron) @ Rf
        world["lowerarm02." + sd] = rot_axis(ax, 0.7 * pron) @ Rf
        # the hand continues the forearm: undo the rest-pose wrist bend
        hd0 = H0[ix["finger3-1." + sd]] - w0
        R = rot_axis(ax, pron) @ Rf
        hd = np.einsum("fij,j->fi", R, unit(hd0))
        c = np.cross(hd, ax)
        sn = np.linalg.norm(c, axis=1)
        world["wrist." + sd] = rot_axis(c / np.maximum(sn, 1e-6)[:, None], np.arcsin(np.clip(sn, 0, 1)) * 0.8) @ R
        # finger curl about the knuckle line
        curl = 22.0 if m.hold == "none" else 68.0
        d3 = unit(H0[ix["finger3-3." + sd]] - H0[ix["finger3-1." + sd]])
        for fi in range(2, 6):
            df = unit(H0[ix[f"finger{fi}-3.{sd}"]] - H0[ix[f"finger{fi}-1.{sd}"]])
            c = np.cross(df, d3)
            sn = np.linalg.norm(c)
            close = rot_axis(c / max(sn, 1e-6), np.full(F, 0.8 * np.arcsin(min(sn, 1.0))))  # fingers together, then curled
            for j in range(1, 4):
                q = rot_axis(kn, np.full(F, -sg * curl * (1.0 if j > 1 or m.hold != "none" else 0.6) * D))
                loc[f"finger{fi}-{j}.{sd}"] = q @ close if j == 1 else q
        th = unit(H0[ix["finger1-3." + sd]] - H0[ix["finger1-1." + sd]])
        c = np.cross(th, d3)
        sn = np.linalg.norm(c)
        loc["finger1-1." + sd] = rot_axis(c / max(sn, 1e-6), np.full(F, (0.45 if m.hold == "none" else 0.6) * np.arcsin(min(sn, 1.0))))
    G, P = body.fk(root_pos, root_R, loc, world, F)
    out = dict(G=G, P=P, root_R=root_R)
    out["com"], _ = centre_of_mass(body, P, m)
    out["com_target"] = ank[1] + toe_y * (0.26 + 0.08 * s_trunk)
    th = mid(P, body, "upperarm01") - mid(P, body, "upperleg01")
    sag = lambda v: np.arctan2(-v[:, 1], v[:, 2]) / D  # inclination of an upward vector in the sagittal plane
    out["hip_flexion"] = np.stack([sag(th) + sag((P[:, ix["upperleg01." + sd]] - P[:, ix["lowerleg01." + sd]])) * -1 for sd in "LR"], 1)
    return out


def rest_toe_out(body):
    """direction of the resting foot (heel -> toe) against straight ahead, degrees outwards"""
    i, w = body.vreg["coco_left_big_toe"]
    j, w2 = body.vreg["coco_left_small_toe"]
    k, w3 = body.vreg["coco_left_heel"]
    p = 0.5 * ((body.V[i] * w[:, None]).sum(0) + (body.V[j] * w2[:, None]).sum(0)) - (body.V[k] * w3[:, None]).sum(0)
    return np.arctan2(p[0], -p[1]) / D


def bar_grip(body, m, P, Sp, sg, L1, L2, F):
    """Wrist target for a bar held in front of the legs: in the plane x = grip, on the reach sphere, between the
    vertical through the shoulder and just in front of the legs."""
    ix = body.idx
    reach = (L1 + L2) * 0.985
    gx = sg * (body.hip_half_width + 0.06)
    dx = gx - Sp[:, 0]
    R2 = np.maximum(reach**2 - dx**2, 0.01)
    hip, kn, an = mid(P, body, "upperleg01"), mid(P, body, "lowerleg01"), mid(P, body, "foot")
    y = Sp[:, 1].copy()
    for _ in range(6):
        z = Sp[:, 2] - np.sqrt(np.maximum(R2 - (y - Sp[:, 1]) ** 2, 0.01))
        zb = z - 0.09  # the bar is at the knuckles, below the wrist
        tt = np.clip((zb - kn[:, 2]) / np.maximum(hip[:, 2] - kn[:, 2], 0.05), 0, 1.3)
        ts = np.clip((zb - an[:, 2]) / np.maximum(kn[:, 2] - an[:, 2], 0.05), 0, 1)
        thigh = kn[:, 1] + tt * (hip[:, 1] - kn[:, 1]) - (0.062 + 0.055 * tt)
        shank = an[:, 1] + ts * (kn[:, 1] - an[:, 1]) - 0.062
        w = 1 / (1 + np.exp(-(zb - kn[:, 2]) / 0.03))
        leg = w * thigh + (1 - w) * shank - 0.055
        y = np.minimum(leg, m.bar_close * leg + (1 - m.bar_close) * Sp[:, 1])
        y = np.clip(y, Sp[:, 1] - 0.35, Sp[:, 1] + 0.30)
    return np.stack([np.full(F, gx), y, z], 1)


SEG = [  # mass fraction, from, to, fraction along (de Leva-like), both sides where .L/.R
    (0.0694, "neck02", "head", 1.9),
    (0.1596, "T6", "T1", 0.45),
    (0.1633, "L4", "T11", 0.5),
    (0.1117, "root", "L5", 0.2),
    (0.0271, "upperarm01", "lowerarm01", 0.577),
    (0.0162, "lowerarm01", "wrist", 0.457),
    (0.0061, "wrist", "finger3-1", 0.8),
    (0.1416, "upperleg01", "lowerleg01", 0.41),
    (0.0433, "lowerleg01", "foot", 0.446),
    (0.0137, "foot", "foot", 0.5),
]


def centre_of_mass(body, P, m):
    tot, c = 0, 0
    for mass, a, b, fr in SEG:
        for sd in (".L", ".R") if a + ".L" in body.idx else ("",):
            pa, pb = P[:, body.idx[a + sd]], P[:, body.idx[b + sd]]
            p = pa + fr * (pb - pa)
            if a == "foot":
                p = p + np.array([0, -0.05, -0.03])
            c = c + mass * p
            tot += mass
    hands = 0.5 * (P[:, body.idx["finger3-1.L"]] + P[:, body.idx["finger3-1.R"]])
    if m.hold != "none" and m.load_kg > 0:
        w = m.load_kg / 75.0
        c = c + w * hands
        tot += w
    return c / tot, hands
