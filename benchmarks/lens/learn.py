"""Learn the lens: an ensemble of small networks, on bodies of which a sixth is left out to say how far it may be off."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from hingecheck.verdict.lens import CLIP, FEATURES, LOG_SCALE, OUTPUTS, guessed

from .data import Stills

_FIRST, _SEEN, _JOINED, _LAST = 128, 96, 128, 64  # how wide the layers are
_DROPPED: Final = 0.2
_BATCH: Final = 256
_UNSTOOD: Final = 0.35  # share of the stills shown without the lifter's stand
_NOISE: Final = 0.05  # standard deviations
LEFT_OUT: Final = 6  # every so many bodies
SQUARE_DEG: Final = 20.0  # off the side or the front: such a view is clear


class Network(nn.Module):
    """One member of the ensemble. ``verdict.lens`` runs the same with numpy."""

    def __init__(self, geometry: int) -> None:
        super().__init__()
        self.see = nn.Sequential(nn.Linear(FEATURES, _FIRST), nn.ReLU(), nn.Dropout(_DROPPED), nn.Linear(_FIRST, _SEEN), nn.ReLU())
        wide = 3 * _SEEN + 2 * geometry + 1
        self.join = nn.Sequential(
            nn.Linear(wide, _JOINED),
            nn.ReLU(),
            nn.Dropout(_DROPPED),
            nn.Linear(_JOINED, _LAST),
            nn.ReLU(),
            nn.Linear(_LAST, 3 * len(OUTPUTS)),
        )

    def forward(self, seen: Any, stand: Any, geometry: Any, guess: Any, known: Any) -> tuple[Any, Any]:
        """Measures and the logarithm of their scale, in standard deviations.

        (B, FEATURES) twice, (B, 2 G), (B, O), (B, 1) -> (B, O) twice.
        """
        now, own = self.see(seen), self.see(stand) * known
        told = self.join(torch.cat([now, own, (now - own) * known, geometry, known], 1))
        correction, scale, trust = told.chunk(3, 1)
        return correction + guess * torch.sigmoid(trust), scale.clamp(*LOG_SCALE)

    def layers(self) -> list[tuple[Any, Any]]:
        """Matrices and offsets, in the order they are applied."""
        linear = [part for part in [*self.see, *self.join] if isinstance(part, nn.Linear)]
        return [(part.weight.detach().numpy().T, part.bias.detach().numpy()) for part in linear]


class Inputs:
    """Stills as tensors, in standard deviations of those learnt from."""

    def __init__(self, stills: Stills, learnt: Any) -> None:
        columns = np.concatenate([stills.seen, stills.geometry], axis=1)[learnt]
        self.mean, self.deviation = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0) + 1e-3
        self.true_mean, self.true_deviation = stills.truth[learnt].mean(axis=0), stills.truth[learnt].std(axis=0) + 1e-3
        self.seen, self.stand = (self._standard(part, slice(None, FEATURES)) for part in (stills.seen, stills.stand))
        self.geometry, self.blind = (self._with_gaps(part) for part in (stills.geometry, stills.blind))
        self.guess, self.blind_guess = (self._guess(part) for part in (stills.geometry, stills.blind))
        self.truth = torch.tensor((stills.truth - self.true_mean) / self.true_deviation, dtype=torch.float32)
        self.stood = torch.tensor(np.isfinite(stills.stand).any(axis=1, keepdims=True), dtype=torch.float32)

    def _standard(self, rows: Any, which: slice) -> Any:
        with np.errstate(invalid="ignore"):
            return torch.tensor(np.clip(np.nan_to_num((rows - self.mean[which]) / self.deviation[which]), -CLIP, CLIP), dtype=torch.float32)

    def at(self, rows: Any, known: Any) -> tuple[Any, Any, Any, Any, Any]:
        """What the network takes of some stills, of which ``known`` (B, 1) have a stand."""
        geometry = torch.where(known > 0, self.geometry[rows], self.blind[rows])
        guess = torch.where(known > 0, self.guess[rows], self.blind_guess[rows])
        return self.seen[rows], self.stand[rows], geometry, guess, known

    def _guess(self, geometry: Any) -> Any:
        far = (guessed(geometry.astype(float)) - self.true_mean) / self.true_deviation
        return torch.tensor(np.clip(np.nan_to_num(far), -CLIP, CLIP), dtype=torch.float32)

    def _with_gaps(self, rows: Any) -> Any:
        return torch.cat([self._standard(rows, slice(FEATURES, None)), torch.tensor(np.isfinite(rows), dtype=torch.float32)], 1)


def train(inputs: Inputs, learnt: Any, *, epochs: int, seed: int) -> Network:
    """Learn one member from the stills numbered ``learnt``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network(inputs.geometry.shape[1] // 2)
    steps = epochs * -(-len(learnt) // _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for _ in range(epochs):
        order = rng.permutation(learnt)
        for first in range(0, len(order), _BATCH):
            rows = order[first : first + _BATCH]
            known = inputs.stood[rows] * (torch.rand(len(rows), 1) > _UNSTOOD)
            seen, stand, *more = inputs.at(rows, known)
            value, scale = network(*(part + _NOISE * torch.randn(part.shape) for part in (seen, stand)), *more)
            loss = (scale + (inputs.truth[rows] - value).abs() * torch.exp(-scale)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def bodies_learnt(stills: Stills, bodies: int | None) -> int:
    """From how many bodies is learnt, if at most ``bodies``."""
    count = len(np.unique(stills.body[stills.body % LEFT_OUT != 0]))
    return count if bodies is None else min(bodies, count)


def learn(stills: Stills, out: Path, *, epochs: int, members: int, bodies: int | None = None) -> tuple[Any, Any, Any]:
    """Learn all members, widen their intervals until they hold four of five errors on the bodies left out, and write the weights.

    -> measures and half-widths of their intervals (N, O), in the units of the truth, of the stills (N,) left out.
    """
    left_out = stills.body % LEFT_OUT == 0
    used = np.unique(stills.body[~left_out])[: bodies_learnt(stills, bodies)]
    learnt = np.flatnonzero(np.isin(stills.body, used))
    inputs = Inputs(stills, learnt)
    networks = []
    for seed in range(members):
        begun = time.perf_counter()
        networks.append(train(inputs, learnt, epochs=epochs, seed=seed))
        print(f"member {seed}: {time.perf_counter() - begun:.0f} s", flush=True)
    rows = np.flatnonzero(left_out)
    widen = [_widen(*ensemble(networks, inputs, rows, with_stand=known), inputs.truth[rows].numpy()) for known in (True, False)]
    value, scale = ensemble(networks, inputs, rows, with_stand=True)
    value, wide = value * inputs.true_deviation + inputs.true_mean, scale * widen[0] * inputs.true_deviation
    away = np.abs(stills.azimuth[rows])
    clear = [np.median(wide[seen], axis=0) for seen in (away < SQUARE_DEG, away > 90.0 - SQUARE_DEG)]
    layers = [net.layers() for net in networks]
    numbers = {f"{kind}{n}": np.stack([net[n][which] for net in layers]) for n in range(len(layers[0])) for which, kind in enumerate("wb")}
    norm = {"mean": inputs.mean, "deviation": inputs.deviation, "true_mean": inputs.true_mean, "true_deviation": inputs.true_deviation}
    np.savez_compressed(
        out,
        **{name: part.astype(np.float16) for name, part in numbers.items()},
        **{name: part.astype(np.float32) for name, part in norm.items()},
        widen=np.array(widen, np.float32),
        clear=np.array(clear, np.float32),
        bodies=len(used),
        stills=len(learnt),
    )
    return value, wide, rows


def ensemble(networks: list[Network], inputs: Inputs, rows: Any, *, with_stand: bool) -> tuple[Any, Any]:
    """Mean of the members, and their mean scale plus how far they disagree, in standard deviations. -> (N, O) twice."""
    known = inputs.stood[rows] * float(with_stand)
    with torch.no_grad():
        told = [net(*inputs.at(rows, known)) for net in networks]
    values = np.stack([value.numpy() for value, _ in told])
    return values.mean(axis=0), np.stack([np.exp(scale.numpy()) for _, scale in told]).mean(axis=0) + values.std(axis=0)


def _widen(value: Any, scale: Any, truth: Any) -> Any:
    """How many times its scale holds four of five errors, by output. (N, O) thrice -> (O,)."""
    return np.quantile(np.abs(value - truth) / scale, 0.8, axis=0)
