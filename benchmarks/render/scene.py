"""Person (skin, garments, hair, shoes, bar) and room, as meshes for render.Renderer."""

from __future__ import annotations
import json, os
import numpy as np
from PIL import Image
from .wardrobe import ASSETS, OUTFITS
from .body import Body, fit_proxy, meshes, unit
from .renderer import Renderer, normals, vertex_normals_operator, NL

_tex_cache = {}


def load_tex(name):
    if name is None:
        return None
    if name not in _tex_cache:
        for ext in ("jpg", "png"):
            f = os.path.join(ASSETS, "tex", f"{name}.{ext}")
            if os.path.exists(f):
                _tex_cache[name] = np.asarray(Image.open(f).convert("RGBA" if ext == "png" else "RGB"))
                break
        else:
            _tex_cache[name] = None
    return _tex_cache[name]


class Person:
    def __init__(self, body: Body, look: dict, r: Renderer):
        self.body, self.r, self.parts = body, r, []
        V0, W = body.V, body.W
        outfit, shoes, hair = look["outfit"], look["shoes"], look["hair"]
        mesh, keep, ptop, pbot, texture, relief = OUTFITS[outfit]
        cloth = load_tex(texture) if texture else np.full((2, 2, 3), 145, np.uint8)
        M = meshes()
        tri, src, uv = M["body/tri"], M["body/src"], M["body/uv"]
        delete = np.zeros(len(V0), bool)
        hem = np.inf
        gar = fit_proxy(body, mesh) if mesh else None
        if gar:
            zc = np.array([gar["V"][gar["comp"] == c][:, 2].mean() for c in range(gar["comp"].max() + 1)])
            top = int(np.argmax(zc))
            istop = gar["comp"] == top
            if keep == "top":
                hem = gar["V"][istop][:, 2].min()
                d = gar["delete"][V0[gar["delete"], 2] > hem + 0.03]
            else:
                d = gar["delete"]
            delete[d] = True
            if mesh == "f_tee_shorts":
                istop = gar["V"][:, 2] > np.median(zc)  # shorts have two components
        shoe = fit_proxy(body, shoes) if shoes != "none" else None
        if shoe:
            delete[shoe["delete"]] = True
        self.sole_clearance = float(body.sole - shoe["V"][:, 2].min()) if shoe else 0.0

        # fitted garments as signed distances in the rest pose, plus a few mm of cloth thickness
        sdf = self._sdf(ptop, pbot, hem)
        op0 = vertex_normals_operator(src[tri], len(V0))
        n0 = normals(V0.astype(np.float32), src[tri], op0)
        thick = np.zeros(len(V0))
        if ptop:
            thick = np.maximum(thick, np.clip(sdf[:, 0] / 0.01, 0, 1) * look.get("thick_top", 0.006))
        if pbot:
            thick = np.maximum(thick, np.clip(sdf[:, 1] / 0.01, 0, 1) * look.get("thick_bottom", 0.004))
        Vb = V0 + n0 * thick[:, None]
        ktri = tri[~delete[src[tri]].any(1)]
        skin = load_tex(look["skin"])
        c = lambda k: tuple(look[k])
        aux = np.concatenate([sdf, np.zeros((len(V0), 2))], 1)[src]
        self._add(
            Vb,
            W,
            ktri,
            src,
            uv,
            tex=skin,
            kind=1,
            base=c("skin_tint"),
            aux=aux,
            garment_a=c("top") if ptop else (-1, 0, 0),
            garment_b=c("bottom") if pbot else (-1, 0, 0),
        )
        self.Vb = Vb
        if gar:
            t = np.zeros((len(gar["V"]), 4))
            t[istop, :3] = look["top"]
            t[~istop, :3] = look["bottom"]
            t[:, 3] = 1
            if look.get("keep_jeans"):
                t[~istop, 3] = 0
            gt = gar["tri"]
            if keep == "top":
                gt = gt[istop[gar["src"][gt]].all(1)]
            self._add(
                gar["V"],
                gar["W"],
                gt,
                gar["src"],
                gar["uv"],
                tex=cloth,
                nmap=load_tex(relief),
                kind=2,
                tint=t[gar["src"]],
                nstrength=1.0 if load_tex(relief) is not None else 0.0,
                spec=0.05,
            )
        if shoe:
            t = np.zeros((len(shoe["V"]), 4))
            t[:, :3] = look["shoe_tint"]
            t[:, 3] = look["shoe_tint_amount"]
            self._add(
                shoe["V"], shoe["W"], shoe["tri"], shoe["src"], shoe["uv"], tex=load_tex(shoes), kind=2, tint=t[shoe["src"]], spec=0.15
            )
        e = fit_proxy(body, "eyes")
        self._add(e["V"], e["W"], e["tri"], e["src"], e["uv"], tex=load_tex(look["eyes"])[..., :3], kind=0, spec=0.5, gloss=60.0, cast=None)
        b = fit_proxy(body, "brows")
        self._add(b["V"], b["W"], b["tri"], b["src"], b["uv"], tex=load_tex("brows"), kind=3, base=c("hair_colour"), texmix=0.6, cast=None)
        if hair != "none":
            h = fit_proxy(body, hair)
            self._add(
                h["V"],
                h["W"],
                h["tri"],
                h["src"],
                h["uv"],
                tex=load_tex(hair),
                kind=3,
                base=c("hair_colour"),
                texmix=look["hair_mix"],
                spec=0.25,
                gloss=20.0,
            )
        need = np.unique(np.concatenate([i for i, _ in body.vreg.values()] + [body.back_midline]))
        self.lm_row = {int(v): k for k, v in enumerate(need)}
        self.skin_lm = body.make_skinner(Vb[need], W[need])  # landmarks and dorsal midline
        self.bar = None

    def _sdf(self, top, bottom, hem):
        b, V, ix, W = self.body, self.body.V, self.body.idx, self.body.W
        z = V[:, 2]
        arm = sum(W[:, ix[n + s]] for n in ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist") for s in (".L", ".R"))
        fing = sum(W[:, i] for n, i in ix.items() if n.startswith("finger"))
        onarm = (arm + fing) > 0.5
        head = lambda n: b.head0[ix[n]]
        waist = head("L5")[2] + 0.055 * b.stature / 1.75
        out = np.full((len(V), 2), -1.0)
        if bottom:
            ank = head("foot.L")[2]
            kn = head("lowerleg01.L")[2]
            hip = head("upperleg01.L")[2]
            lo = ank + 0.05 if bottom == "leggings" else kn + 0.42 * (hip - kn)
            f = np.minimum(waist - z, z - lo)
            f[onarm] = -1
            out[:, 1] = f
        if top:
            hemz = head("L5")[2] - 0.02 if bottom else head("L5")[2]
            neckz = head("neck01")[2] - 0.005 + 0.35 * np.clip(V[:, 1] + 0.02, -0.2, 0.1)  # lower in front
            f = np.minimum(z - hemz, neckz - z)
            armw = arm + fing
            if top == "tank":
                f = np.minimum(f, (0.5 - armw) * 0.12)
            for s, sg in (("L", 1), ("R", -1)):
                a, e, w = head("upperarm01." + s), head("lowerarm01." + s), head("wrist." + s)
                L1 = np.linalg.norm(e - a)
                d1 = (e - a) / L1
                d2 = unit((w - e)[None])[0]
                t = (V - a) @ d1
                t2 = (V - e) @ d2
                tt = np.where(t > L1 * 0.98, L1 + np.maximum(t2, 0), t)
                lim = {"tank": 0.04, "tee": 0.62 * L1, "long": L1 + 0.9 * np.linalg.norm(w - e)}[top]
                on = (armw > 0.3) & (V[:, 0] * sg > 0)
                if top != "tank":
                    f = np.where(on, np.minimum(lim - tt, 0.2), f)
            out[:, 0] = f
        return out

    def _add(self, V, W, tri, src, uv, tex=None, nmap=None, tint=None, aux=None, cast="full", **mat):
        used, inv = np.unique(tri, return_inverse=True)
        tri = inv.reshape(-1, 3).astype(np.int32)
        src = src[used]
        uv = uv[used]
        if tint is not None:
            tint = tint[used]
        if aux is not None:
            aux = aux[used]
        su, sinv = np.unique(src, return_inverse=True)
        sk = self.body.make_skinner(V[su], W[su])
        gtri = sinv[tri]
        o = self.r.add(
            tri,
            uv=uv,
            tint=tint,
            aux=aux,
            nv=len(src),
            tex=self.r.texture(tex) if tex is not None else None,
            nmap=self.r.texture(nmap) if nmap is not None else None,
            cast=cast,
            **mat,
        )
        self.parts.append((o, sk, sinv, gtri, vertex_normals_operator(gtri, len(su))))

    def add_bar(self, kind, look):
        """A dowel or a barbell as a static mesh that is moved rigidly with the hands."""
        L, r = (1.3, 0.014) if kind == "dowel" else (2.0, 0.014)
        v, t, col = [], [], []

        def cyl(x0, x1, rad, colour, n=20):
            k = sum(len(q) for q in v)
            a = np.linspace(0, 2 * np.pi, n, endpoint=False)
            ring = np.stack([np.zeros(n), rad * np.cos(a), rad * np.sin(a)], 1)
            # sides and caps have their own vertices, for flat caps
            v.append(
                np.concatenate([ring + [x0, 0, 0], ring + [x1, 0, 0], ring + [x0, 0, 0], [[x0, 0, 0]], ring + [x1, 0, 0], [[x1, 0, 0]]])
            )
            i = np.arange(n)
            j = (i + 1) % n
            t.append(
                k
                + np.concatenate(
                    [
                        np.stack([i, i + n, j], 1),
                        np.stack([j, i + n, j + n], 1),
                        np.stack([2 * n + i, 2 * n + j, np.full(n, 3 * n)], 1),
                        np.stack([3 * n + 1 + j, 3 * n + 1 + i, np.full(n, 4 * n + 1)], 1),
                    ]
                )
            )
            col.append(np.tile(np.r_[colour, 1], (4 * n + 2, 1)))

        cyl(-L / 2, L / 2, r, (0.62, 0.45, 0.26) if kind == "dowel" else (0.55, 0.55, 0.57))
        if kind == "barbell":
            pr = look.get("plate_radius", 0.16)
            for s in (-1, 1):
                cyl(s * 0.66, s * 0.70, pr, look["plate"], 40)
                cyl(s * 0.70, s * 0.735, pr * 0.8, (0.15, 0.15, 0.16), 40)
                cyl(s * 0.64, s * 0.66, 0.035, (0.5, 0.5, 0.52))
        v, t, col = np.concatenate(v), np.concatenate(t).astype(np.int32), np.concatenate(col)
        o = self.r.add(t, tint=col, nv=len(v), kind=0, spec=0.4 if kind == "barbell" else 0.1, gloss=30.0)
        o["is_bar"] = True
        self.bar = (o, v, t, vertex_normals_operator(t, len(v)))

    def bar_pose(self, G, P):
        ix = self.body.idx
        g = []
        for s, sg in (("L", 1), ("R", -1)):
            h = lambda n: self.body.head0[ix[f"{n}.{s}"]]
            d = unit((h("finger3-1") - h("wrist"))[None])[0]
            k = unit((h("finger2-1") - h("finger5-1"))[None])[0]
            palm = sg * np.cross(d, k)
            q = 0.5 * (h("finger3-1") + h("finger4-1")) - h("wrist") + 0.012 * d + 0.024 * palm
            g.append(P[ix[f"wrist.{s}"]] + G[ix[f"wrist.{s}"]] @ q)
        x = unit((g[0] - g[1])[None])[0]
        y = unit(np.cross([0, 0, 1.0], x)[None])[0]
        return np.stack([x, y, np.cross(x, y)], 1), 0.5 * (g[0] + g[1])

    def skinned(self, G, P):
        vs = [sk(G, P) for _, sk, _, _, _ in self.parts]
        if self.bar:
            R, c = self.bar_pose(G, P)
            vs.append((self.bar[1] @ R.T + c).astype(np.float32))
        return vs

    def upload(self, vs):
        for (o, _, sinv, gtri, op), V in zip(self.parts, vs):
            self.r.update(o, V[sinv], normals(V, gtri, op)[sinv])
        if self.bar:
            o, _, t, op = self.bar
            self.r.update(o, vs[-1], normals(vs[-1], t, op))


# ------------------------------------------------------------------------------------------------ room
def value_noise(rng, h, w, cells, octaves=4, gain=0.5):
    import cv2

    out = np.zeros((h, w), np.float32)
    a = 1.0
    for o in range(octaves):
        g = rng.random((max(2, cells[0] * 2**o), max(2, cells[1] * 2**o))).astype(np.float32)
        out += a * cv2.resize(g, (w, h), interpolation=cv2.INTER_CUBIC)
        a *= gain
    out -= out.min()
    return out / out.max()


def floor_texture(kind, rng, n=768):
    if kind == "wood":
        base = np.array(rng.choice([[0.62, 0.44, 0.28], [0.45, 0.31, 0.2], [0.72, 0.58, 0.42], [0.55, 0.5, 0.45]]))
        img = np.zeros((n, n, 3), np.float32)
        rows = 8
        h = n // rows
        for r in range(rows):
            x = int(rng.integers(0, n))
            g = value_noise(rng, h, n // 2, (6, 1), 5)
            g = np.concatenate([g, g[:, ::-1]], 1)
            plank = base * (0.8 + 0.35 * rng.random())
            band = plank * (0.78 + 0.4 * g[..., None])
            cut = (x + n // 2) % n
            band[:, cut:] *= 0.88 + 0.2 * rng.random()
            band[:, max(0, cut - 1) : cut + 1] *= 0.5
            band[:1] *= 0.5
            img[r * h : (r + 1) * h] = band
        return img, 1.6
    if kind == "rubber":
        img = np.full((n, n, 3), 0.13 + 0.06 * rng.random(), np.float32)
        sp = rng.random((n, n)) > 0.965
        img[sp] = rng.choice([[0.35, 0.4, 0.5], [0.4, 0.4, 0.42], [0.5, 0.3, 0.2]])
        img *= 0.85 + 0.3 * value_noise(rng, n, n, (4, 4))[..., None]
        img[:3] *= 0.6
        img[:, :3] *= 0.6
        return img, 1.0
    if kind == "carpet":
        c = np.array(rng.choice([[0.5, 0.48, 0.46], [0.35, 0.38, 0.45], [0.55, 0.47, 0.38], [0.42, 0.3, 0.3]]))
        img = c * (0.75 + 0.35 * rng.random((n, n, 1)) * value_noise(rng, n, n, (10, 10))[..., None] + 0.12)
        return img.astype(np.float32), 2.0
    if kind == "tiles":
        c = np.array(rng.choice([[0.75, 0.74, 0.72], [0.6, 0.58, 0.55], [0.4, 0.4, 0.42]]))
        img = np.ones((n, n, 3), np.float32) * c
        k = n // 3
        for i in range(3):
            for j in range(3):
                img[i * k : (i + 1) * k, j * k : (j + 1) * k] *= 0.92 + 0.14 * rng.random()
        img *= 0.9 + 0.16 * value_noise(rng, n, n, (6, 6))[..., None]
        for i in range(0, n, k):
            img[i : i + 4] *= 0.7
            img[:, i : i + 4] *= 0.7
        return img, 1.2
    c = np.array([0.5, 0.5, 0.5]) * (0.8 + 0.4 * rng.random())
    return (c * (0.7 + 0.45 * value_noise(rng, n, n, (5, 5), 6))[..., None]).astype(np.float32), 3.0


def wall_texture(kind, rng, n=512):
    if kind == "brick":
        c = np.array(rng.choice([[0.55, 0.3, 0.24], [0.62, 0.58, 0.54], [0.75, 0.73, 0.7]]))
        img = np.ones((n, n, 3), np.float32) * c * 1.25
        rows = 16
        h = n // rows
        w = n // 6
        for r in range(rows):
            for q in range(-1, 7):
                x = q * w + (r % 2) * w // 2
                a, b = max(0, x + 3), min(n, x + w - 3)
                if b > a:
                    img[r * h + 3 : (r + 1) * h - 2, a:b] = c * (0.75 + 0.45 * rng.random())
        return img * (0.85 + 0.25 * value_noise(rng, n, n, (16, 16))[..., None]), 1.2
    c = np.array(
        rng.choice(
            [
                [0.86, 0.85, 0.82],
                [0.78, 0.8, 0.82],
                [0.7, 0.74, 0.7],
                [0.83, 0.78, 0.7],
                [0.55, 0.6, 0.66],
                [0.45, 0.47, 0.5],
                [0.9, 0.9, 0.9],
                [0.62, 0.66, 0.58],
            ]
        )
    )
    img = np.ones((n, n, 3), np.float32) * c
    img *= 0.95 + 0.07 * value_noise(rng, n, n, (3, 3), 6)[..., None] + 0.015 * rng.standard_normal((n, n, 1))
    if kind == "panel":
        for i in range(0, n, n // 4):
            img[:, i : i + 3] *= 0.8
    return img.astype(np.float32), 2.4


def picture(rng, n=128):
    """abstract poster / window view"""
    a = np.stack([value_noise(rng, n, n, (3, 3), 3) for _ in range(3)], -1)
    c0, c1 = rng.random(3) * 0.6 + 0.2 * rng.random(), rng.random(3) * 0.5
    img = c0 * a + c1 * (1 - a)
    for _ in range(rng.integers(1, 5)):
        x, y, w, h = rng.integers(0, n, 4)
        img[y : y + h // 2, x : x + w // 2] = 0.5 * rng.random(3) + 0.5 * rng.random()
    return img.astype(np.float32)


def quad(p, ux, uy):
    p, ux, uy = map(np.asarray, (p, ux, uy))
    V = np.array([p, p + ux, p + ux + uy, p + uy], float)
    return V, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def box(c, size, yaw=0.0):
    c, s = np.asarray(c, float), np.asarray(size, float) / 2
    V, T = [], []
    for ax in range(3):
        for sg in (-1, 1):
            a, b = (ax + 1) % 3, (ax + 2) % 3
            q = []
            for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                p = np.zeros(3)
                p[ax], p[a], p[b] = sg * s[ax], i * s[a], j * s[b]
                q.append(p)
            if sg < 0:
                q = q[::-1]
            k = len(V)
            V += q
            T += [[k, k + 1, k + 2], [k, k + 2, k + 3]]
    V = np.array(V)
    R = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    return V @ R.T + c, np.array(T, np.int32)


def lathe(c, prof, n=24):
    """surface of revolution about z: prof = [(r, z), ...]"""
    a = np.linspace(0, 2 * np.pi, n, endpoint=False)
    prof = np.asarray(prof, float)
    m = len(prof)
    V = np.array([[r * np.cos(t), r * np.sin(t), z] for r, z in prof for t in a]) + np.asarray(c)
    T = []
    for i in range(m - 1):
        for k in range(n):
            q = (k + 1) % n
            T += [[i * n + k, i * n + q, (i + 1) * n + q], [i * n + k, (i + 1) * n + q, (i + 1) * n + k]]
    return V, np.array(T, np.int32)


class Room:
    def __init__(self, r: Renderer, look, cam_dir, seed):
        """cam_dir: horizontal unit vector subject -> camera"""
        rng = np.random.default_rng(seed)
        self.r = r
        yaw = np.arctan2(cam_dir[1], cam_dir[0]) + np.radians(look.get("wall_yaw", 0.0))
        n = np.array([np.cos(yaw), np.sin(yaw), 0])
        t = np.array([-n[1], n[0], 0])
        d = look.get("wall_dist", 1.6)
        H = 2.7
        u8 = lambda im: (np.clip(im, 0, 1) * 255).astype(np.uint8)

        def static(V, tri, uv=None, tint=None, tex=None, cast=None, N=None, **m):
            o = r.add(
                tri,
                uv=uv,
                nv=len(V),
                group="room",
                tint=np.tile(np.r_[tint, 1.0], (len(V), 1)) if tint is not None else None,
                tex=r.texture(u8(tex)) if tex is not None else None,
                cast=cast,
                **m,
            )
            if N is None:
                if len(V) == 4:
                    N = np.tile(unit(np.cross(V[1] - V[0], V[3] - V[0])[None]), (4, 1))
                else:
                    N = normals(np.asarray(V, np.float32), tri, vertex_normals_operator(tri, len(V)))
            r.update(o, V, N)

        ft, sc = floor_texture(look.get("floor", "wood"), rng)
        V, T, uv = quad(-n * d - t * 5, t * 10, n * 11)
        static(V, T, uv * np.array([10, 11]) / sc, tex=ft, kind=4, spec=0.12, gloss=18.0)
        wt, ws = wall_texture(look.get("wall", "paint"), rng)
        V, T, uv = quad(-n * d - t * 5, t * 10, [0, 0, H])
        V = V[[1, 0, 3, 2]]
        static(V, T, uv * np.array([10, H]) / ws, tex=wt, kind=4, spec=0.02)
        side = look.get("side_wall", 0)
        if side:
            x = side * look.get("side_dist", 2.6)
            p = -n * d + t * x
            V, T, uv = quad(p, n * 9, [0, 0, H])
            static(V if side < 0 else V[[1, 0, 3, 2]], T, uv * np.array([9, H]) / ws, tex=wt, kind=4, spec=0.02, base=(0.93, 0.93, 0.93))
        V, T, uv = quad(-n * d - t * 5 + [0, 0, H], t * 10, n * 11)
        static(V[[1, 0, 3, 2]], T, uv, tint=(0.9, 0.9, 0.88), kind=4, use_shadow=0)
        if look.get("skirting", True):
            Vb, Tb = box(-n * (d - 0.008) + [0, 0, 0.05], [0.016, 10, 0.1], yaw)
            static(Vb, Tb, tint=look.get("skirting_col", (0.74, 0.74, 0.72)), use_shadow=0)
        # things on and along the wall, kept clear of the person's footprint
        taken = []

        def slot(w):
            for _ in range(30):
                x = rng.uniform(-2.4, 2.4)
                if all(abs(x - a) > (w + b) / 2 + 0.08 for a, b in taken):
                    taken.append((x, w))
                    return x
            return None

        def col(lo=0.1, hi=0.85):
            v, sat, hue = rng.uniform(lo, hi), rng.beta(1.2, 3), rng.random() * 6
            k = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
            return v * (1 - sat * (1 - k))

        for item in look.get("props", []):
            if item == "window":
                x = slot(1.2)
                if x is None:
                    continue
                V, T, uv = quad(-n * (d - 0.015) + t * (x + 0.5) + [0, 0, 1.0], -t * 1.0, [0, 0, 1.2])
                g_ = np.linspace(1, 0, 96)[:, None, None]
                tr = value_noise(rng, 96, 96, (4, 4), 5)[..., None]
                view = np.where(
                    g_ + 0.25 * tr > 0.55, np.array([0.82, 0.9, 1.0]) * (0.8 + 0.2 * g_), np.array([0.45, 0.55, 0.38]) * (0.5 + 0.8 * tr)
                )
                static(V, T, uv, tex=view, kind=5, base=(1.15, 1.2, 1.25))
                for dx, w, h, zz in (
                    (0, 1.1, 0.05, 0.98),
                    (0, 1.1, 0.05, 2.2),
                    (-0.52, 0.05, 1.25, 1.6),
                    (0.52, 0.05, 1.25, 1.6),
                    (0, 0.03, 1.2, 1.6),
                ):
                    Vb, Tb = box(-n * (d - 0.03) + t * (x + dx) + [0, 0, zz], [0.05, w, h], yaw)
                    static(Vb, Tb, tint=(0.75, 0.75, 0.73), use_shadow=0)
            elif item == "door":
                x = slot(1.0)
                if x is None:
                    continue
                c = col(0.3, 0.75)
                Vb, Tb = box(-n * (d - 0.02) + t * x + [0, 0, 1.0], [0.04, 0.86, 2.0], yaw)
                static(Vb, Tb, tint=c, use_shadow=0)
                Vb, Tb = box(-n * (d - 0.06) + t * (x + 0.35) + [0, 0, 1.0], [0.05, 0.1, 0.02], yaw)
                static(Vb, Tb, tint=(0.6, 0.6, 0.6), use_shadow=0)
            elif item == "poster":
                w, h = rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.8)
                x = slot(w)
                if x is None:
                    continue
                V, T, uv = quad(-n * (d - 0.02) + t * (x + w / 2) + [0, 0, rng.uniform(1.1, 1.5)], -t * w, [0, 0, h])
                static(V, T, uv, tex=picture(rng), use_shadow=0)
            elif item == "shelf":
                w = rng.uniform(0.7, 1.2)
                x = slot(w)
                if x is None:
                    continue
                dd = 0.32
                c = col(0.2, 0.9)
                hgt = rng.choice([0.8, 1.2, 1.8])
                for zz in np.arange(0.05, hgt + 0.01, 0.38):
                    Vb, Tb = box(-n * (d - dd / 2) + t * x + [0, 0, zz], [dd, w, 0.025], yaw)
                    static(Vb, Tb, tint=c)
                    for _ in range(rng.integers(2, 6)):
                        s = rng.uniform(0.06, 0.2, 3) * [1, 0.7, 1.3]
                        Vb, Tb = box(-n * (d - dd / 2) + t * (x + rng.uniform(-0.4, 0.4) * w) + [0, 0, zz + 0.013 + s[2] / 2], s, yaw)
                        static(Vb, Tb, tint=col())
                for sg in (-1, 1):
                    Vb, Tb = box(-n * (d - dd / 2) + t * (x + sg * w / 2) + [0, 0, hgt / 2], [dd, 0.025, hgt], yaw)
                    static(Vb, Tb, tint=c * 0.9)
            elif item == "bench":
                x = slot(1.2)
                if x is None:
                    continue
                Vb, Tb = box(-n * (d - 0.35) + t * x + [0, 0, 0.42], [0.3, 1.1, 0.09], yaw)
                static(Vb, Tb, tint=(0.12, 0.12, 0.13), spec=0.3)
                for sg in (-1, 1):
                    Vb, Tb = box(-n * (d - 0.35) + t * (x + sg * 0.45) + [0, 0, 0.19], [0.3, 0.05, 0.38], yaw)
                    static(Vb, Tb, tint=(0.3, 0.3, 0.32))
            elif item == "rack":
                x = slot(1.4)
                if x is None:
                    continue
                c = rng.choice([[0.15, 0.15, 0.16], [0.7, 0.12, 0.1], [0.85, 0.75, 0.1]])
                for sg in (-1, 1):
                    for q in (0.15, 0.8):
                        Vb, Tb = box(-n * (d - q) + t * (x + sg * 0.6) + [0, 0, 1.15], [0.06, 0.06, 2.3], yaw)
                        static(Vb, Tb, tint=c)
                Vb, Tb = box(-n * (d - 0.15) + t * x + [0, 0, 2.27], [0.06, 1.2, 0.06], yaw)
                static(Vb, Tb, tint=c)
            elif item == "ball":
                x = slot(0.7)
                if x is None:
                    continue
                R = rng.uniform(0.26, 0.33)
                th = np.linspace(0, np.pi, 18)
                Vb, Tb = lathe(-n * (d - R - 0.05) + t * x + [0, 0, R], [(R * np.sin(q) + 1e-4, -R * np.cos(q)) for q in th])
                static(Vb, Tb, tint=col(0.2, 0.9), spec=0.3, gloss=30.0)
            elif item == "kettlebells":
                x = slot(0.8)
                if x is None:
                    continue
                for k in range(rng.integers(2, 4)):
                    R = rng.uniform(0.08, 0.12)
                    p = -n * (d - 0.35) + t * (x + 0.26 * (k - 1))
                    th = np.linspace(0.35, np.pi, 12)
                    cc = col(0.08, 0.5)
                    Vb, Tb = lathe(p + [0, 0, R], [(R * np.sin(q) + 1e-4, -R * np.cos(q)) for q in th])
                    static(Vb, Tb, tint=cc, spec=0.3)
                    Vb, Tb = box(p + [0, 0, 2 * R + 0.05], [0.03, 0.13, 0.03], yaw)
                    static(Vb, Tb, tint=cc)
                    for sg in (-1, 1):
                        Vb, Tb = box(p + t * sg * 0.055 + [0, 0, 2 * R + 0.01], [0.03, 0.025, 0.09], yaw)
                        static(Vb, Tb, tint=cc)
            elif item == "plant":
                x = slot(0.6)
                if x is None:
                    continue
                p = -n * (d - 0.3) + t * x
                Vb, Tb = lathe(p, [(0.1, 0), (0.15, 0.3), (0.13, 0.3), (0.12, 0.27), (1e-3, 0.27)])
                static(Vb, Tb, tint=col(0.3, 0.9))
                for _ in range(26):
                    a, h, L = rng.uniform(0, 6.28), rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.7)
                    dirv = np.array([np.cos(a) * 0.5, np.sin(a) * 0.5, 1.0]) * L
                    V, T, uv = quad(
                        p + [0, 0, 0.27] + dirv * 0.35, dirv * 0.65 + [0, 0, -0.25 * L], np.array([-np.sin(a), np.cos(a), 0]) * 0.07
                    )
                    static(V, T, tint=np.array([0.12, 0.36, 0.12]) * rng.uniform(0.6, 1.6), kind=2)
            elif item == "sofa":
                x = slot(1.9)
                if x is None:
                    continue
                c = col(0.2, 0.8)
                for cc, s in (
                    ([0.45, 0, 0.22], [0.8, 1.7, 0.44]),
                    ([0.12, 0, 0.45], [0.22, 1.7, 0.8]),
                    ([0.45, 0.88, 0.3], [0.8, 0.16, 0.6]),
                    ([0.45, -0.88, 0.3], [0.8, 0.16, 0.6]),
                ):
                    Vb, Tb = box(-n * d + n * cc[0] + t * (x + cc[1]) + [0, 0, cc[2]], s, yaw)
                    static(Vb, Tb, tint=c)
        if look.get("mat"):
            Vb, Tb = box([0, 0, 0.004], [1.75 if abs(n[1]) > 0.7 else 0.7, 0.7 if abs(n[1]) > 0.7 else 1.75, 0.008], 0.0)
            static(Vb, Tb, tint=look["mat"], kind=4)
        self.mat_h = 0.008 if look.get("mat") else 0.0


def lights(look, cam_dir):
    """16 directional lights: 5 sample the key source (window or ceiling lamps), 11 the room's diffuse light."""
    rng = np.random.default_rng(look.get("light_seed", 0))
    yaw = np.arctan2(cam_dir[1], cam_dir[0])
    az = yaw + np.radians(look["key_az"])
    el = np.radians(look["key_el"])
    k = np.array([np.cos(el) * np.cos(az), np.cos(el) * np.sin(az), np.sin(el)])
    s = unit(np.cross(k, [0, 0, 1.0])[None])[0]
    u = np.cross(s, k)
    dirs, cols = [], []
    R = look.get("key_size", 0.25)
    for i in range(5):
        a = i * 2 * np.pi / 5
        dirs.append(k + R * (np.cos(a) * s + np.sin(a) * u) * (0.4 if i == 0 else 1))
        cols.append(np.array(look["key_col"]) * look["key"] / 5)
    for i in range(11):  # golden-spiral hemisphere, cosine-ish, tilted a little to the camera side (open room)
        z = 0.12 + 0.83 * (i + 0.5) / 11
        a = i * 2.39996 + rng.uniform(0, 0.3)
        q = np.sqrt(1 - z * z)
        dirs.append(np.array([q * np.cos(a), q * np.sin(a), z]) + 0.25 * np.array([*cam_dir[:2], 0]))
        cols.append(np.array(look["fill_col"]) * look["fill"] / 11)
    return dirs, cols, np.array(look["fill_col"]) * look["fill"] * 0.16, np.array(look["bounce_col"]) * look["fill"] * 0.26
