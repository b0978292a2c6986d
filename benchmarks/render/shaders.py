"""What the graphics driver runs: colours, soft light from many shadow-mapped lamps, and tight clothes painted on the skin."""

from typing import Final

LIGHTS: Final = 16  # 4 x 4 tiles of the shadow map
KEY_LIGHTS: Final = 5  # the first of them: lamp or window; the others are what the room throws back

PERSON_AND_ROOM: Final = """
#version 330
in vec3 pos; in vec3 nrm; in vec2 uv; in vec4 tint; in vec4 aux;
uniform mat4 VP; uniform mat4 Mdl; uniform mat3 Nm;
out vec3 wpos; out vec3 wn; out vec2 fuv; out vec4 ftint; out vec4 faux;
void main() {
    vec4 w = Mdl * vec4(pos, 1);
    wpos = w.xyz;
    wn = Nm * nrm;
    fuv = uv;
    ftint = tint;
    faux = aux;
    gl_Position = VP * w;
}
"""

LIT: Final = """
#version 330
#define NL %d
in vec3 wpos; in vec3 wn; in vec2 fuv; in vec4 ftint; in vec4 faux;
out vec4 frag;
uniform sampler2D tex; uniform sampler2D nmap; uniform sampler2D shadow;
uniform vec3 eye; uniform vec3 Ldir[NL]; uniform vec3 Lcol[NL]; uniform mat4 LVP[NL];
uniform vec3 ambient_up; uniform vec3 ambient_dn;
uniform int kind;  // 0 plain, 1 skin, 2 cloth, 3 hair (alpha), 4 floor or wall, 5 a view that is its own light
uniform float nstrength; uniform float spec; uniform float gloss; uniform float texmix; uniform float exposure;
uniform vec3 base; uniform vec3 garment_a; uniform vec3 garment_b; uniform float uvscale; uniform int use_shadow;
uniform vec3 wb; uniform vec3 focus;

float hash(vec3 p) {
    p = fract(p * .3183099 + .1);
    p *= 17.;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

float noise(vec3 x) {
    vec3 i = floor(x), f = fract(x);
    f = f * f * (3. - 2. * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1, 0, 0)), f.x), mix(hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)), f.x), f.y),
               mix(mix(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), f.x),
                   mix(hash(i + vec3(0, 1, 1)), hash(i + vec3(1, 1, 1)), f.x), f.y), f.z);
}

vec3 perturb(vec3 n, vec2 uv, vec3 t) {  // a tangent frame from derivatives
    vec3 dp1 = dFdx(wpos), dp2 = dFdy(wpos);
    vec2 d1 = dFdx(uv), d2 = dFdy(uv);
    vec3 a = cross(dp2, n), b = cross(n, dp1);
    vec3 T = a * d1.x + b * d2.x, B = a * d1.y + b * d2.y;
    float s = inversesqrt(max(max(dot(T, T), dot(B, B)), 1e-12));
    return normalize(T * s * t.x + B * s * t.y + n * t.z);
}

float lit(int i, vec3 p) {
    vec4 c = LVP[i] * vec4(p, 1);
    vec2 t = c.xy * .5 + .5;
    if (t.x < .004 || t.y < .004 || t.x > .996 || t.y > .996) return 1.;
    vec2 o = vec2(float(i %% 4), float(i / 4)) * .25;
    float z = c.z * .5 + .5 - .0025;
    float r = 1.2 / 2048.;
    float s = 0.;
    vec2 b = o + t * .25;
    s += step(z, texture(shadow, b + vec2(-r, -r * .6)).r);
    s += step(z, texture(shadow, b + vec2(r, r * .6)).r);
    if (i > 4) return s * .5;  // two samples are enough for what the room throws back
    s += step(z, texture(shadow, b + vec2(-r * .5, r)).r);
    s += step(z, texture(shadow, b + vec2(r * .6, -r)).r);
    return s * .25;
}

void main() {
    vec3 n = normalize(wn);
    vec3 v = normalize(eye - wpos);
    vec4 t = texture(tex, fuv * uvscale);
    vec3 col;
    float sp = spec, gls = gloss;
    int k = kind;
    float cloth = 0.;
    if (k == 3) {
        if (t.a < .35) discard;
        if (dot(n, v) < 0.) n = -n;
        float L = dot(t.rgb, vec3(.3, .6, .1));
        col = mix(t.rgb, base * (.35 + 1.6 * L), texmix);
    } else {
        float L = dot(t.rgb, vec3(.3, .59, .11));
        vec3 g = ftint.rgb * clamp(L * 1.55 + .12, 0., 1.6);
        col = mix(t.rgb * base, g, ftint.a);
    }
    col = pow(max(col, 0.), vec3(2.2));
    if (k == 1) {  // skin, and clothes painted where the distance to their hem says so
        float fa = faux.x, fb = faux.y;  // metres inside the top and the trousers
        float w = max(fwidth(fa), 1e-4), w2 = max(fwidth(fb), 1e-4);
        float ma = clamp(fa / w + .5, 0., 1.), mb = clamp(fb / w2 + .5, 0., 1.) * (1. - ma);
        if (fa > -.5 && garment_a.x >= 0.) {
            col = mix(col, pow(garment_a, vec3(2.2)) * (.88 + .24 * noise(wpos * 240.)), ma);
            cloth = max(cloth, ma);
        }
        if (fb > -.5 && garment_b.x >= 0.) {
            col = mix(col, pow(garment_b, vec3(2.2)) * (.88 + .24 * noise(wpos * 240.)), mb);
            cloth = max(cloth, mb);
        }
        float hem = smoothstep(.0, .006, fa) * smoothstep(.018, .012, fa) * ma + smoothstep(.0, .006, fb) * smoothstep(.018, .012, fb) * mb;
        col *= 1. - .3 * hem;
        vec3 w3 = vec3(noise(vec3(fuv * 60., 1.)), noise(vec3(fuv * 60., 7.)), 0.) - .5;
        n = normalize(n + w3 * .10 * cloth + .03 * (1. - cloth) * w3);
        sp = mix(.28, .06, cloth);
        gls = mix(14., 8., cloth);
    } else if (k == 2) {
        cloth = 1.;
    }
    if (nstrength > 0.) {
        vec3 m = texture(nmap, fuv * uvscale).xyz * 2. - 1.;
        m.xy *= nstrength;
        n = perturb(n, fuv * uvscale, m);
    }
    if (!gl_FrontFacing && k != 3) n = -n;
    vec3 amb = mix(ambient_dn, ambient_up, n.z * .5 + .5);
    vec3 d = amb * col;
    vec3 ps = wpos + n * .012;
    bool near = distance(wpos.xy, focus.xy) < 1.05 || k < 4;
    for (int i = 0; i < NL; i++) {
        float c = dot(n, Ldir[i]);
        vec3 tr;
        if (k == 1 && cloth < .5) {
            tr = clamp((vec3(c) + vec3(.28, .12, .08)) / vec3(1.28, 1.12, 1.08), 0., 1.);
        } else if (k == 2 || cloth >= .5) tr = vec3(clamp((c + .06) / 1.06, 0., 1.));
        else if (k == 3) tr = vec3(clamp((c + .3) / 1.3, 0., 1.));
        else tr = vec3(max(c, 0.));
        if (tr.r <= 0.) continue;
        float s = (use_shadow > 0 && (i < 5 || near)) ? lit(i, ps) : 1.;
        d += col * Lcol[i] * tr * s;
        vec3 h = normalize(Ldir[i] + v);
        float e = pow(max(dot(n, h), 0.), gls);
        d += Lcol[i] * s * e * sp * max(c, 0.) * (k == 3 ? mix(col, vec3(.6), .3) : vec3(.55));
    }
    if (k == 5) d = col * base;
    d *= exposure * wb;
    d = d * (1. + d * .12) / (1. + d * .62);  // bright parts bend over softly
    frag = vec4(pow(clamp(d * 1.18, 0., 1.), vec3(1. / 2.2)), 1.);
}
"""

DEPTH: Final = "#version 330\nin vec3 pos; uniform mat4 VP; void main() { gl_Position = VP * vec4(pos, 1); }"
NOTHING: Final = "#version 330\nvoid main() {}"
