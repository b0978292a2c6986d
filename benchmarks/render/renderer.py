"""Software-GL (EGL/llvmpipe) renderer: ~16 shadow-mapped directional lights approximate soft room light."""

from __future__ import annotations
import numpy as np, moderngl

VS = """
#version 330
in vec3 pos; in vec3 nrm; in vec2 uv; in vec4 tint; in vec4 aux;
uniform mat4 VP; uniform mat4 Mdl; uniform mat3 Nm;
out vec3 wpos; out vec3 wn; out vec2 fuv; out vec4 ftint; out vec4 faux;
void main(){ vec4 w=Mdl*vec4(pos,1); wpos=w.xyz; wn=Nm*nrm; fuv=uv; ftint=tint; faux=aux; gl_Position=VP*w; }
"""
FS = """
#version 330
#define NL %d
in vec3 wpos; in vec3 wn; in vec2 fuv; in vec4 ftint; in vec4 faux;
out vec4 frag;
uniform sampler2D tex; uniform sampler2D nmap; uniform sampler2D shadow;
uniform vec3 eye; uniform vec3 Ldir[NL]; uniform vec3 Lcol[NL]; uniform mat4 LVP[NL];
uniform vec3 ambient_up; uniform vec3 ambient_dn;
uniform int kind;        // 0 plain, 1 skin, 2 cloth, 3 hair (alpha), 4 floor/wall, 5 unlit backdrop
uniform float nstrength; uniform float spec; uniform float gloss; uniform float texmix; uniform float exposure;
uniform vec3 base; uniform vec3 garment_a; uniform vec3 garment_b; uniform float uvscale; uniform int use_shadow;
uniform vec3 wb; uniform vec3 focus;
float hash(vec3 p){ p=fract(p*.3183099+.1); p*=17.; return fract(p.x*p.y*p.z*(p.x+p.y+p.z)); }
float noise(vec3 x){ vec3 i=floor(x), f=fract(x); f=f*f*(3.-2.*f);
 return mix(mix(mix(hash(i),hash(i+vec3(1,0,0)),f.x),mix(hash(i+vec3(0,1,0)),hash(i+vec3(1,1,0)),f.x),f.y),
            mix(mix(hash(i+vec3(0,0,1)),hash(i+vec3(1,0,1)),f.x),mix(hash(i+vec3(0,1,1)),hash(i+vec3(1,1,1)),f.x),f.y),f.z); }
vec3 perturb(vec3 n, vec2 uv, vec3 t){            // tangent frame from derivatives
 vec3 dp1=dFdx(wpos), dp2=dFdy(wpos); vec2 d1=dFdx(uv), d2=dFdy(uv);
 vec3 a=cross(dp2,n), b=cross(n,dp1); vec3 T=a*d1.x+b*d2.x, B=a*d1.y+b*d2.y;
 float s=inversesqrt(max(max(dot(T,T),dot(B,B)),1e-12)); return normalize(T*s*t.x+B*s*t.y+n*t.z); }
float lit(int i, vec3 p){
 vec4 c=LVP[i]*vec4(p,1); vec2 t=c.xy*.5+.5; if(t.x<.004||t.y<.004||t.x>.996||t.y>.996) return 1.;
 vec2 o=vec2(float(i%%4),float(i/4))*.25; float z=c.z*.5+.5-.0025; float r=1.2/2048.;
 float s=0.; vec2 b=o+t*.25;
 s+=step(z,texture(shadow,b+vec2(-r,-r*.6)).r); s+=step(z,texture(shadow,b+vec2(r,r*.6)).r);
 if(i>4) return s*.5;                                   // fill lights: two taps are enough
 s+=step(z,texture(shadow,b+vec2(-r*.5,r)).r); s+=step(z,texture(shadow,b+vec2(r*.6,-r)).r);
 return s*.25; }
void main(){
 vec3 n=normalize(wn); vec3 v=normalize(eye-wpos);
 vec4 t=texture(tex,fuv*uvscale);
 vec3 col; float sp=spec, gls=gloss; int k=kind; float cloth=0.;
 if(k==3){ if(t.a<.35) discard; if(dot(n,v)<0.) n=-n; float L=dot(t.rgb,vec3(.3,.6,.1)); col=mix(t.rgb,base*(.35+1.6*L),texmix); }
 else { float L=dot(t.rgb,vec3(.3,.59,.11)); vec3 g=ftint.rgb*clamp(L*1.55+.12,0.,1.6); col=mix(t.rgb*base,g,ftint.a); }
 col=pow(max(col,0.),vec3(2.2));
 if(k==1){                                         // body: skin with fitted garments painted by signed distance fields
   float fa=faux.x, fb=faux.y;                     // metres inside garment A (top) / B (bottom)
   float w=max(fwidth(fa),1e-4), w2=max(fwidth(fb),1e-4);
   float ma=clamp(fa/w+.5,0.,1.), mb=clamp(fb/w2+.5,0.,1.)*(1.-ma);
   if(fa>-.5&&garment_a.x>=0.) { col=mix(col,pow(garment_a,vec3(2.2))*(.88+.24*noise(wpos*240.)),ma); cloth=max(cloth,ma); }
   if(fb>-.5&&garment_b.x>=0.) { col=mix(col,pow(garment_b,vec3(2.2))*(.88+.24*noise(wpos*240.)),mb); cloth=max(cloth,mb); }
   float hem=smoothstep(.0,.006,fa)*smoothstep(.018,.012,fa)*ma+smoothstep(.0,.006,fb)*smoothstep(.018,.012,fb)*mb; col*=1.-.3*hem;
   vec3 w3=vec3(noise(vec3(fuv*60.,1.)),noise(vec3(fuv*60.,7.)),0.)-.5; n=normalize(n+w3*.10*cloth+.03*(1.-cloth)*w3);
   sp=mix(.28,.06,cloth); gls=mix(14.,8.,cloth);
 } else if(k==2){ cloth=1.; }
 if(nstrength>0.){ vec3 m=texture(nmap,fuv*uvscale).xyz*2.-1.; m.xy*=nstrength; n=perturb(n,fuv*uvscale,m); }
 if(!gl_FrontFacing&&k!=3) n=-n;
 vec3 amb=mix(ambient_dn,ambient_up,n.z*.5+.5);
 vec3 d=amb*col; vec3 sss=vec3(1.,.45,.3);
 vec3 ps=wpos+n*.012; bool near=distance(wpos.xy,focus.xy)<1.05||k<4;
 for(int i=0;i<NL;i++){
   float c=dot(n,Ldir[i]); float f;
   vec3 tr;
   if(k==1&&cloth<.5){ tr=clamp((vec3(c)+vec3(.28,.12,.08))/vec3(1.28,1.12,1.08),0.,1.); } else if(k==2||cloth>=.5) tr=vec3(clamp((c+.06)/1.06,0.,1.)); else if(k==3) tr=vec3(clamp((c+.3)/1.3,0.,1.)); else tr=vec3(max(c,0.));
   if(tr.r<=0.) continue;
   float s=(use_shadow>0&&(i<5||near))?lit(i,ps):1.;
   d+=col*Lcol[i]*tr*s;
   vec3 h=normalize(Ldir[i]+v); float e=pow(max(dot(n,h),0.),gls); d+=Lcol[i]*s*e*sp*max(c,0.)*(k==3?mix(col,vec3(.6),.3):vec3(.55));
 }
 if(k==5) d=col*base;
 d*=exposure*wb; d=d*(1.+d*.12)/(1.+d*.62);             // soft shoulder
 frag=vec4(pow(clamp(d*1.18,0.,1.),vec3(1./2.2)),1.);
}
"""
VSD = "#version 330\nin vec3 pos; uniform mat4 VP; void main(){gl_Position=VP*vec4(pos,1);}"
FSD = "#version 330\nvoid main(){}"
NL = 16


def look_at(eye, target, up=(0, 0, 1)):
    eye, target = np.asarray(eye, float), np.asarray(target, float)
    f = target - eye
    f /= np.linalg.norm(f)
    s = np.cross(f, up)
    s /= np.linalg.norm(s)
    u = np.cross(s, f)
    M = np.eye(4)
    M[0, :3], M[1, :3], M[2, :3] = s, u, -f
    M[:3, 3] = -M[:3, :3] @ eye
    return M


def perspective(fovy, aspect, zn=0.1, zf=40.0):
    f = 1 / np.tan(fovy / 2)
    P = np.zeros((4, 4))
    P[0, 0], P[1, 1] = f / aspect, f
    P[2, 2], P[2, 3], P[3, 2] = (zf + zn) / (zn - zf), 2 * zf * zn / (zn - zf), -1
    return P


def ortho(r, zn, zf):
    P = np.eye(4)
    P[0, 0] = P[1, 1] = 1 / r
    P[2, 2], P[2, 3] = -2 / (zf - zn), -(zf + zn) / (zf - zn)
    return P


class Camera:
    def __init__(self, eye, target, fovy_deg, w, h, roll_deg=0.0):
        self.eye, self.w, self.h = np.asarray(eye, float), w, h
        r = np.radians(roll_deg)
        R = np.eye(4)
        R[:2, :2] = [[np.cos(r), -np.sin(r)], [np.sin(r), np.cos(r)]]
        self.V = R @ look_at(eye, target)
        self.P = perspective(np.radians(fovy_deg), w / h)
        self.fovy = fovy_deg
        self.roll = roll_deg
        self.target = np.asarray(target, float)

    def project(self, X):
        X = np.asarray(X, float)
        c = np.concatenate([X, np.ones(X.shape[:-1] + (1,))], -1) @ (self.P @ self.V).T
        n = c[..., :2] / c[..., 3:4]
        return np.stack([(n[..., 0] * 0.5 + 0.5) * self.w, (0.5 - n[..., 1] * 0.5) * self.h], -1)


class Renderer:
    def __init__(self, w, h):
        self.ctx = moderngl.create_context(standalone=True, backend="egl")
        c = self.ctx
        self.w, self.h = w, h
        self.prog = c.program(vertex_shader=VS, fragment_shader=FS % NL)
        self.pd = c.program(vertex_shader=VSD, fragment_shader=FSD)
        fb = lambda: c.framebuffer([c.renderbuffer((w, h), 4)], c.depth_renderbuffer((w, h)))
        self.room_fb, self.fb = fb(), fb()
        self.atlas = c.depth_texture((2048, 2048))
        self.atlas.compare_func = ""
        self.atlas.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.atlas.repeat_x = self.atlas.repeat_y = False
        self.sfbo = c.framebuffer(depth_attachment=self.atlas)
        self.white = self.texture(np.full((2, 2, 3), 255, np.uint8))
        self.objs = []
        self.centre = np.array([0, 0, 0.9])
        self.light_radius = 1.35

    def texture(self, img, mip=True):
        img = np.ascontiguousarray(img[::-1])
        ch = img.shape[2] if img.ndim == 3 else 1
        t = self.ctx.texture((img.shape[1], img.shape[0]), ch, img.tobytes(), alignment=1)
        if mip:
            t.build_mipmaps()
            t.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            t.anisotropy = 1.0
        return t

    def add(self, tri, uv=None, tint=None, aux=None, tex=None, nmap=None, nv=None, cast="full", group="person", **mat):
        """Register a mesh; positions/normals are uploaded with update().  group: "room" is drawn once a frame, "person" per sub-frame."""
        c = self.ctx
        nv = nv or int(tri.max()) + 1
        o = dict(
            tri=tri.astype(np.int32),
            nv=nv,
            mat=dict(
                kind=0,
                spec=0.1,
                gloss=12.0,
                base=(1, 1, 1),
                nstrength=0.0,
                texmix=0.0,
                uvscale=1.0,
                garment_a=(-1, 0, 0),
                garment_b=(-1, 0, 0),
                use_shadow=1,
            ),
            cast=cast,
        )
        o["mat"].update(mat)
        o["group"] = group
        o["tex"] = tex or self.white
        o["nmap"] = nmap
        o["pb"] = c.buffer(reserve=nv * 12)
        o["nb"] = c.buffer(reserve=nv * 12)
        st = np.concatenate(
            [
                uv if uv is not None else np.zeros((nv, 2)),
                tint if tint is not None else np.zeros((nv, 4)),
                aux if aux is not None else -np.ones((nv, 4)),
            ],
            1,
        ).astype("f4")
        o["ib"] = c.buffer(o["tri"].tobytes())
        o["vao"] = c.vertex_array(
            self.prog, [(o["pb"], "3f", "pos"), (o["nb"], "3f", "nrm"), (c.buffer(st.tobytes()), "2f 4f 4f", "uv", "tint", "aux")], o["ib"]
        )
        o["dvao"] = c.vertex_array(self.pd, [(o["pb"], "3f", "pos")], o["ib"])
        self.objs.append(o)
        return o

    def update(self, o, V, N):
        o["pb"].write(np.ascontiguousarray(V, "f4").tobytes())
        o["nb"].write(np.ascontiguousarray(N, "f4").tobytes())

    def set_lights(self, dirs, cols, ambient_up, ambient_dn):
        self.Ld = np.array([d / np.linalg.norm(d) for d in dirs], float)
        self.Lc = np.array(cols, float)
        assert len(self.Ld) == NL
        self.amb = (ambient_up, ambient_dn)

    def shadow_pass(self):
        c = self.ctx
        self.sfbo.use()
        self.sfbo.clear(depth=1.0)
        c.enable_only(moderngl.DEPTH_TEST)
        self.LVP = []
        for i, d in enumerate(self.Ld):
            up = (0, 1, 0) if abs(d[2]) > 0.9 else (0, 0, 1)
            M = ortho(self.light_radius, 0.1, 6.0) @ look_at(self.centre + d * 3, self.centre, up)
            self.LVP.append(M)
            self.sfbo.viewport = ((i % 4) * 512, (i // 4) * 512, 512, 512)
            self.sfbo.scissor = None
            self.pd["VP"].write(M.T.astype("f4").tobytes())
            for o in self.objs:
                if o["cast"]:
                    o["dvao"].render()

    def _draw(self, group, cam, jitter, exposure, wb):
        p = self.prog
        P = cam.P.copy()
        P[0, 2] += 2 * jitter[0] / self.w
        P[1, 2] += 2 * jitter[1] / self.h  # sub-pixel shift (clip w = -z)

        def s(n, v):
            if n in p:
                p[n].value = v

        self.ctx.enable_only(moderngl.DEPTH_TEST)
        p["VP"].write((P @ cam.V).T.astype("f4").tobytes())
        p["Mdl"].write(np.eye(4, dtype="f4").tobytes())
        p["Nm"].write(np.eye(3, dtype="f4").tobytes())
        s("eye", tuple(cam.eye))
        s("focus", tuple(self.centre))
        s("exposure", exposure)
        s("wb", tuple(wb))
        s("ambient_up", tuple(self.amb[0]))
        s("ambient_dn", tuple(self.amb[1]))
        p["Ldir"].write(self.Ld.astype("f4").tobytes())
        p["Lcol"].write(self.Lc.astype("f4").tobytes())
        p["LVP"].write(np.stack([m.T for m in self.LVP]).astype("f4").tobytes())
        s("tex", 0)
        s("nmap", 1)
        s("shadow", 2)
        self.atlas.use(2)
        for o in self.objs:
            if o["group"] != group:
                continue
            for k, v in o["mat"].items():
                s(k, v)
            o["tex"].use(0)
            (o["nmap"] or self.white).use(1)
            o["vao"].render()

    def draw_room(self, cam, exposure=1.0, wb=(1, 1, 1)):
        self.room_fb.use()
        self.room_fb.clear(0.5, 0.5, 0.5, 1, depth=1.0)
        self._draw("room", cam, (0, 0), exposure, wb)

    def draw_person(self, cam, jitter=(0, 0), exposure=1.0, wb=(1, 1, 1)):
        self.ctx.copy_framebuffer(self.fb, self.room_fb)
        self.fb.use()
        self._draw("person", cam, jitter, exposure, wb)
        return np.frombuffer(self.fb.read(components=3, alignment=1), np.uint8).reshape(self.h, self.w, 3)[::-1]

    def mask(self, cam):
        """true silhouette of the person (without bar) in front of the empty room"""
        self.fb.use()
        self.fb.clear(0, 0, 0, 0, depth=1.0)
        self.ctx.enable_only(moderngl.DEPTH_TEST)
        self.pd["VP"].write((cam.P @ cam.V).T.astype("f4").tobytes())
        for o in self.objs:
            if o["group"] == "person" and not o.get("is_bar"):
                o["dvao"].render()
        d = np.frombuffer(self.fb.read(attachment=-1, dtype="f4", components=1, alignment=1), np.float32).reshape(self.h, self.w)[::-1]
        return d < 1.0


def vertex_normals_operator(tri, nv):
    """sparse (nv x ntri) summation operator, so normals cost one cross product and one sparse product a frame"""
    import scipy.sparse as sp

    r = tri.ravel()
    cidx = np.repeat(np.arange(len(tri)), 3)
    return sp.csr_matrix((np.ones(len(r), np.float32), (r, cidx)), shape=(nv, len(tri)))


def normals(V, tri, op):
    a, b, c = V[tri[:, 0]], V[tri[:, 1]], V[tri[:, 2]]
    n = op @ np.cross(b - a, c - a)
    return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
