"""Make the pose models again from the networks Google publishes, byte for byte.

    python models/build.py                  # lite and full, compared with SHA256SUMS, nothing written
    python models/build.py heavy            # builds pose_landmarker_heavy.task beside this file
    python models/build.py heavy --out DIR  # ... or into DIR
    python models/build.py --package TGZ    # from a package fetched earlier, no network

Needs mediapipe 1.2 (for its flatbuffers schemas) and npm (to fetch `@mediapipe/pose`). README.md tells the story.
"""

import argparse
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import flatbuffers
from mediapipe.tasks.metadata import metadata_schema_py_generated as md
from mediapipe.tasks.metadata import schema_py_generated as tflite

HERE = Path(__file__).resolve().parent
PACKAGE = "@mediapipe/pose@0.5.1675469404"
DETECTOR = "pose_solution_packed_assets.data"
INPUTS = {  # SHA-256 of each file taken from the package
    DETECTOR: "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
    "pose_landmark_lite.tflite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    "pose_landmark_full.tflite": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "pose_landmark_heavy.tflite": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
}
MADE = (2026, 11, 22, 6, 55, 14)  # the zip's time stamp: fixed, or no two builds would be equal
ALIGNMENT = 4  # MediaPipe maps the networks straight out of the zip


def main() -> int:
    """Build the models named; exit code 1 if any differs from SHA256SUMS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "models",
        nargs="*",
        choices=["lite", "full", "heavy", []],
        metavar="lite|full|heavy",
        help="default: lite full, checked and not written",
    )
    parser.add_argument("--out", type=Path, help="folder to write to (default: beside this file when a model is named)")
    parser.add_argument("--package", type=Path, help="the npm package as a .tgz already on disk")
    args = parser.parse_args()
    out = args.out or (HERE if args.models else None)
    known = {file: digest for digest, file in map(str.split, (HERE / "SHA256SUMS").read_text().splitlines())}

    with tempfile.TemporaryDirectory() as folder:
        files = unpack(args.package or fetch(Path(folder)))
    wrong = 0
    for model in args.models or ("lite", "full"):
        name = f"pose_landmarker_{model}.task"
        data = bundle(files[DETECTOR], files[f"pose_landmark_{model}.tflite"])
        digest = hashlib.sha256(data).hexdigest()
        same = digest == known.get(name)
        wrong += not same
        print(f"{digest}  {name}  {'as in SHA256SUMS' if same else 'NOT as in SHA256SUMS'}")
        if out and same:
            out.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)
    return 1 if wrong else 0


def fetch(folder: Path) -> Path:
    """The npm package as a .tgz in ``folder``."""
    try:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{PACKAGE}: npm could not fetch it ({error}). Install npm, or fetch the package elsewhere and name it with --package.")
    return next(folder.glob("*.tgz"))


def unpack(package: Path) -> dict[str, bytes]:
    """Name -> content of the networks in the package, each checked against INPUTS."""
    files = {}
    with tarfile.open(package) as tar:
        for name, expected in INPUTS.items():
            files[name] = tar.extractfile(f"package/{name}").read()
            if hashlib.sha256(files[name]).hexdigest() != expected:
                sys.exit(f"{package}: {name} is not the file this script knows. Fetch {PACKAGE}.")
    return files


def bundle(detector: bytes, landmarks: bytes) -> bytes:
    """The `.task` file: a zip of both networks, stored, each starting at a multiple of ALIGNMENT."""
    parts = {
        "pose_detector.tflite": with_metadata(detector, "det", mean=127.5, std=127.5, low=-1.0),
        "pose_landmarks_detector.tflite": with_metadata(landmarks, "lm", mean=0.0, std=255.0, low=0.0),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, MADE)
            entry.external_attr = 0o600 << 16
            header = zipfile.sizeFileHeader + len(name)
            archive.start_dir += ALIGNMENT - (archive.start_dir + header) % ALIGNMENT  # where the next entry goes
            archive.writestr(entry, data)
    return out.getvalue()


def with_metadata(network: bytes, name: str, *, mean: float, std: float, low: float) -> bytes:
    """The TFLite file with its metadata added: input (x - mean) / std, from ``low`` to 1; outputs plain features."""
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(network, 0))

    image = tensor("image", "Input image to be processed.", md.ImagePropertiesT(), md.ContentProperties.ImageProperties)
    image.content.contentProperties.colorSpace = md.ColorSpaceType.RGB
    image.stats.min, image.stats.max = [low], [1.0]
    unit = md.ProcessUnitT()
    unit.optionsType, unit.options = md.ProcessUnitOptions.NormalizationOptions, md.NormalizationOptionsT()
    unit.options.mean, unit.options.std = [mean], [std]
    image.processUnits = [unit]

    graph = md.SubGraphMetadataT()
    graph.inputTensorMetadata = [image]
    graph.outputTensorMetadata = [
        tensor(f"o{i}", "", md.FeaturePropertiesT(), md.ContentProperties.FeatureProperties) for i in range(len(model.subgraphs[0].outputs))
    ]
    about = md.ModelMetadataT()
    about.name, about.description, about.minParserVersion, about.subgraphMetadata = name, "x", "1.0.0", [graph]

    buffer, entry = tflite.BufferT(), tflite.MetadataT()
    buffer.data = packed(about, b"M001")
    model.buffers.append(buffer)
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers) - 1
    model.metadata.append(entry)
    out = io.BytesIO(packed(model, b"TFL3"))
    zipfile.ZipFile(out, "a").close()  # the list of attached files, of which there are none, at the end as MediaPipe's own writers leave it
    return out.getvalue()


def tensor(name: str, description: str, properties: object, kind: int) -> md.TensorMetadataT:
    """What the metadata says of one tensor."""
    out = md.TensorMetadataT()
    out.name, out.description, out.stats, out.content = name, description, md.StatsT(), md.ContentT()
    out.content.contentProperties, out.content.contentPropertiesType = properties, kind
    return out


def packed(table: object, identifier: bytes) -> bytearray:
    """A flatbuffers table as bytes."""
    builder = flatbuffers.Builder(0)
    builder.Finish(table.Pack(builder), identifier)
    return builder.Output()


if __name__ == "__main__":
    sys.exit(main())
