"""Parametric body: Anny (MakeHuman) shape -> rest mesh, a 17-vertebra skeleton, skinning, garments, landmarks.

World frame: metres, z up, floor at z = 0, the person faces -y, the person's left is +x.
A rotation about +x by a positive angle tips the trunk FORWARD (towards -y), so flexion angles are positive.
"""

from __future__ import annotations
import os

import numpy as np

from .wardrobe import ASSETS

LUMBAR = ["L5", "L4", "L3", "L2", "L1"]
THORAX = ["T%d" % i for i in range(12, 0, -1)]
VERTEBRAE = LUMBAR + THORAX
# share of the commanded lumbar / thoracic flexion taken at the joint BELOW each vertebra
LUMBAR_SHARE = np.array([0.16, 0.22, 0.24, 0.21, 0.17])  # L5/S1 L4/5 L3/4 L2/3 L1/2
THORAX_SHARE = np.array([0.05, 0.06, 0.08, 0.10, 0.11, 0.12, 0.12, 0.11, 0.09, 0.07, 0.05, 0.04])  # T12/L1 ... T1/2

_model = None


def anny_model():
    """Load Anny once (first ever call builds a cache, ~2 min; later < 1 s)."""
    global _model
    if _model is None:
        import io, contextlib, warnings, torch

        os.environ.setdefault("WARP_QUIET", "1")
        torch.set_num_threads(1)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            import anny

            _model = anny.Anny(rig="makehuman", topology="anny-quads-full")
    return _model


def rot_x(a):
    a = np.asarray(a, float)
    z, o = np.zeros_like(a), np.ones_like(a)
    c, s = np.cos(a), np.sin(a)
    return np.stack([np.stack([o, z, z], -1), np.stack([z, c, -s], -1), np.stack([z, s, c], -1)], -2)


def rot_axis(axis, a):
    """Rotation about unit axis (...,3) by angle (...)."""
    axis = np.asarray(axis, float)
    a = np.asarray(a, float)[..., None, None]
    x, y, z = axis[..., 0], axis[..., 1], axis[..., 2]
    o = np.zeros_like(x)
    K = np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)
    return np.eye(3) + np.sin(a) * K + (1 - np.cos(a)) * (K @ K)


def unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def frame(u, n):
    """Orthonormal frame with columns [u, n', u x n']."""
    u = unit(u)
    n = unit(n - (n * u).sum(-1, keepdims=True) * u)
    return np.stack([u, n, np.cross(u, n)], -1)


class Body:
    """Rest geometry of one person."""

    def __init__(self, shape: dict, stature: float | None = None):
        """shape: Anny phenotype (gender 0 male .. 1 female, age .67 = young adult, muscle, weight, height, proportions,
        all 0..1); stature: scale the whole body to this height in metres."""
        import torch

        m = anny_model()
        self.shape = dict(shape)
        with torch.no_grad():
            o = m(phenotype_kwargs={k: float(v) for k, v in shape.items()})
        V = o["rest_vertices"][0].numpy().astype(np.float64)
        heads = dict(zip(m.bone_labels, o["rest_bone_heads"][0].numpy()))
        tails = dict(zip(m.bone_labels, o["rest_bone_tails"][0].numpy()))
        if stature:
            k = stature / (V[:13380, 2].max() - V[:13380, 2].min())
            V = V * k
            heads = {b: h * k for b, h in heads.items()}
            tails = {b: h * k for b, h in tails.items()}
        W = np.zeros((len(V), len(m.bone_labels)))
        np.add.at(
            W,
            (np.repeat(np.arange(len(V)), m.vertex_bone_indices.shape[1]), m.vertex_bone_indices.numpy().ravel()),
            m.vertex_bone_weights.numpy().ravel(),
        )
        col = {b: i for i, b in enumerate(m.bone_labels)}
        parent0 = {b: (m.bone_labels[p] if p >= 0 else None) for b, p in zip(m.bone_labels, m.bone_parents)}
        self.V, self.tails = V, tails

        # ---------------- skeleton: keep limbs, replace spine04..01 by 17 vertebrae, fold the rest
        line = np.array([heads[b] for b in ("spine04", "spine03", "spine02", "spine01", "neck01")])
        seg = np.linalg.norm(np.diff(line, axis=0), axis=1)
        s = np.r_[0, np.cumsum(seg)]
        knots = np.r_[np.linspace(0, s[2], 6)[:-1], np.linspace(s[2], s[4], 13)[:-1]]
        jp = np.stack([np.interp(knots, s, line[:, k]) for k in range(3)], 1)
        names, parent, head, fold = ["root"], [None], [heads["root"]], {"root": "root"}
        for i, v in enumerate(VERTEBRAE):
            names.append(v)
            parent.append(names[-2] if i else "root")
            head.append(jp[i])
        for b in m.bone_labels:
            p = parent0[b]
            if b == "root":
                continue
            if b in ("spine05", "pelvis.L", "pelvis.R"):
                fold[b] = "root"
                continue
            if b in ("spine04", "spine03", "spine02", "spine01", "breast.L", "breast.R"):
                fold[b] = None
                continue
            if b.startswith("toe"):
                fold[b] = "foot." + b[-1]
                continue
            if b.startswith("metacarpal"):
                fold[b] = "wrist." + b[-1]
                continue
            keep = (
                b.startswith(("neck", "clavicle", "shoulder", "upperarm", "lowerarm", "wrist", "finger", "upperleg", "lowerleg", "foot"))
                or b == "head"
            )
            if not keep:
                fold[b] = "head"
                continue
            q = p
            if b == "neck01":
                q = "T1"
            elif b.startswith("clavicle"):
                q = "T3"
            elif fold.get(p) not in (None, p):
                q = fold[p]
            names.append(b)
            parent.append(q)
            head.append(heads[b])
            fold[b] = b
        self.names, self.idx = names, {b: i for i, b in enumerate(names)}
        self.parent = [self.idx[p] if p else -1 for p in parent]
        self.head0 = np.array(head)
        # ---------------- weights
        Wn = np.zeros((len(V), len(names)))
        S = np.zeros(len(V))
        for b, j in col.items():
            t = fold[b]
            if t is None:
                S += W[:, j]
            else:
                Wn[:, self.idx[t]] += W[:, j]
        centre = np.r_[knots[1:], s[-1]] * 0.5 + knots * 0.5
        sv = np.interp(V[:, 2], line[:, 2], s)  # vertex height -> arc length along the spine
        k = np.clip(np.searchsorted(centre, sv) - 1, -1, len(centre) - 1)
        for j in range(-1, len(centre)):
            a = np.where(k == j)[0]
            if not len(a):
                continue
            if j == -1:
                f = np.clip((sv[a] - (centre[0] - (centre[1] - centre[0]))) / (centre[1] - centre[0]), 0, 1)
                Wn[a, self.idx["root"]] += S[a] * (1 - f)
                Wn[a, self.idx["L5"]] += S[a] * f
            elif j == len(centre) - 1:
                Wn[a, self.idx["T1"]] += S[a]
            else:
                f = (sv[a] - centre[j]) / (centre[j + 1] - centre[j])
                Wn[a, self.idx[VERTEBRAE[j]]] += S[a] * (1 - f)
                Wn[a, self.idx[VERTEBRAE[j + 1]]] += S[a] * f
        self.W = Wn / Wn.sum(1, keepdims=True)

        # ---------------- floor: soles of the bare body (shoes are added later)
        self.sole = V[:13380, 2].min()
        self._landmarks(m)
        self.tri_body = None

    # ------------------------------------------------------------------ landmarks bound to vertices
    def _landmarks(self, m):
        V = self.V
        import torch
        from anny.paths import get_anny_root_dir

        reg = torch.load(get_anny_root_dir() / "data" / "keypoints" / "coco.pth", weights_only=True)
        self.vreg = {}
        for lab, w in reg.items():
            w = w.numpy()
            i = np.where(np.abs(w) > 1e-4)[0]
            self.vreg["coco_" + lab] = (i, (w[i] / w[i].sum()))
        body = np.arange(13380)
        for sd, sg in (("left", 1), ("right", -1)):
            ank = self.head0[self.idx["foot." + sd[0].upper()]]
            near = body[(np.abs(V[body, 0] - ank[0]) < 0.10) & (V[body, 2] < self.sole + 0.06)]
            toe = near[np.argmin(V[near, 1])]
            heel = near[np.argmax(V[near, 1])]
            self.vreg["toe_" + sd] = (np.array([toe]), np.array([1.0]))
            self.vreg["heel_" + sd] = (np.array([heel]), np.array([1.0]))
        # dorsal midline of the skin, sacrum -> C7
        lo, hi = self.head0[self.idx["root"]][2] + 0.03, self.head0[self.idx["neck01"]][2] + 0.02
        mid = body[(np.abs(V[body, 0]) < 1e-4) & (V[body, 2] > lo) & (V[body, 2] < hi)]
        sp = np.interp(V[mid, 2], self.head0[self.idx["L5"] : self.idx["T1"] + 1, 2], self.head0[self.idx["L5"] : self.idx["T1"] + 1, 1])
        mid = mid[V[mid, 1] > sp + 0.02]
        mid = mid[np.argsort(V[mid, 2])]
        self.back_midline = mid
        pick = lambda z: mid[np.argmin(np.abs(V[mid, 2] - z))]
        for lab, z in (
            ("c7_skin", self.head0[self.idx["neck01"]][2] - 0.005),
            ("tl_junction_skin", self.head0[self.idx["T12"]][2]),
            ("sacrum_skin", self.head0[self.idx["L5"]][2] - 0.03),
        ):
            self.vreg[lab] = (np.array([pick(z)]), np.array([1.0]))
        # MakeHuman's thigh pivot lies 1-3 cm too far back and outwards for a femoral head; hinge about the annotated hip instead
        self.hip_pivot_makehuman = {sd: self.head0[self.idx["upperleg01." + sd]].copy() for sd in "LR"}
        for sd, c in (("L", "coco_left_hip"), ("R", "coco_right_hip")):
            i, w = self.vreg[c]
            p = (V[i] * w[:, None]).sum(0)
            h = self.head0[self.idx["upperleg01." + sd]]
            self.head0[self.idx["upperleg01." + sd]] = [p[0], p[1], 0.5 * (p[2] + h[2])]
        # useful sizes
        self.hip_half_width = np.abs(
            V[body][
                (V[body, 2] > self.head0[self.idx["upperleg01.L"]][2] - 0.2) & (V[body, 2] < self.head0[self.idx["upperleg01.L"]][2] + 0.05)
            ][:, 0]
        )
        self.hip_half_width = float(self.hip_half_width[self.hip_half_width < 0.32].max())
        self.stature = float(V[:13380, 2].max() - self.sole)

    # ------------------------------------------------------------------ forward kinematics (vectorised over frames)
    def fk(self, root_pos, root_R, local: dict, world: dict, F):
        """root_pos (F,3); local[name] (F,3,3) joint rotations; world[name] (F,3,3) absolute orientations.
        Returns G (F,B,3,3) orientations relative to rest and P (F,B,3) joint-centre positions."""
        B = len(self.names)
        G = np.empty((F, B, 3, 3))
        P = np.empty((F, B, 3))
        for i, b in enumerate(self.names):
            p = self.parent[i]
            if p < 0:
                G[:, i], P[:, i] = root_R, root_pos
                continue
            P[:, i] = P[:, p] + np.einsum("fij,j->fi", G[:, p], self.head0[i] - self.head0[p])
            if b in world:
                G[:, i] = world[b]
            elif b in local:
                G[:, i] = G[:, p] @ local[b]
            else:
                G[:, i] = G[:, p]
        return G, P

    # ------------------------------------------------------------------ skinning
    def make_skinner(self, V, W):
        used = np.where(W.max(0) > 0)[0]
        return Skinner(self, V.astype(np.float32), W[:, used].astype(np.float32), used)


class Skinner:
    """Blend of linear and dual-quaternion skinning (dual quaternions keep the volume of the buttock at 100 deg)."""

    def __init__(self, body, V, W, used):
        self.body, self.V, self.W, self.used = body, V, W, used

    def __call__(self, G, P, dq=0.6):
        """G (B,3,3), P (B,3) for one frame -> vertices (N,3)."""
        b = self.body
        u = self.used
        R = G[u]
        t = P[u] - np.einsum("bij,bj->bi", G[u], b.head0[u])
        out = 0
        if dq < 1:
            M = np.concatenate([R, t[:, :, None]], 2).reshape(len(u), 12).astype(np.float32)
            A = (self.W @ M).reshape(-1, 3, 4)
            out = (1 - dq) * (np.einsum("nij,nj->ni", A[:, :, :3], self.V) + A[:, :, 3])
        if dq > 0:
            q = quat_chain(b, G)[u]
            tq = 0.5 * qmul(np.c_[np.zeros(len(u)), t], q)
            D = self.W @ np.concatenate([q, tq], 1).astype(np.float32)
            D /= np.linalg.norm(D[:, :4], axis=1, keepdims=True)
            r, d = D[:, :4], D[:, 4:]
            w, v = r[:, :1], r[:, 1:]
            x = self.V + 2 * np.cross(v, np.cross(v, self.V) + w * self.V)
            x = x + 2 * (w * d[:, 1:] - d[:, :1] * v + np.cross(v, d[:, 1:]))
            out = out + dq * x
        return out


def qmul(a, b):
    w1, x1, y1, z1 = a.T
    w2, x2, y2, z2 = b.T
    return np.stack(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ],
        1,
    )


def quat_chain(body, G):
    """Quaternions (w,x,y,z) of G with signs consistent along the kinematic chain."""
    from scipy.spatial.transform import Rotation

    q = Rotation.from_matrix(G).as_quat()[:, [3, 0, 1, 2]]
    for i, p in enumerate(body.parent):
        if p < 0:
            if q[i, 0] < 0:
                q[i] = -q[i]
        elif (q[i] * q[p]).sum() < 0:
            q[i] = -q[i]
    return q


# ---------------------------------------------------------------------- garments, hair, eyes
_meshes = None


def meshes():
    global _meshes
    if _meshes is None:
        z = np.load(os.path.join(ASSETS, "meshes.npz"))
        _meshes = {k: z[k] for k in z.files}
    return _meshes


def fit_proxy(body: Body, name: str, inflate=0.0):
    """Fit a MakeHuman proxy (garment, hair, eyes) to this body.  Returns dict(V, W, tri, uv, src, comp, delete)."""
    M = meshes()
    g = {k.split("/")[1]: v for k, v in M.items() if k.startswith(name + "/")}
    V = body.V
    sc = g["scale"]
    ax = {"x": 0, "z": 1, "y": 2}  # MakeHuman (x, y up, z forward) -> ours (x, -z, y)
    s = np.array(
        [abs(V[int(sc[i][0]), ax[a]] - V[int(sc[i][1]), ax[a]]) / sc[i][2] for i, a in enumerate("xyz")]
    )  # metres per MakeHuman offset unit
    if sc[0][0] < 0:
        s = np.full(3, 0.1 * body.stature / 1.70)  # npm-only asset pack: no scale references
    off = g["off"] * s
    P = (V[g["ref"]] * g["wts"][..., None]).sum(1) + np.stack([off[:, 0], -off[:, 2], off[:, 1]], 1)
    w = np.maximum(g["wts"], 0)
    w = w / np.maximum(w.sum(1, keepdims=True), 1e-6)
    W = np.einsum("nk,nkb->nb", w, body.W[g["ref"]])
    W /= W.sum(1, keepdims=True)
    return dict(V=P, W=W, tri=g["tri"], uv=g["uv"], src=g["src"], comp=g["comp"], delete=g["delete"])
