"""A trained model on disk: the same after loading, refused when touched, rebuilt when it does not fit."""

import io
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.core.nlu import Example, TrainingData
from bot.errors import ModelError
from bot.matching.features import see
from bot.matching.model import Model, ModelReading
from bot.matching.normalise import normalise
from bot.matching.train import data_hash, load_or_train, train

TEXTS = ("mi hija dice que no quiere vivir", "they beat him at school", "qué hora es", "")


def _read(model: Model, text: str) -> ModelReading:
    read = normalise(text)
    return model.read(read, model.vocabulary.known(see(read)))


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "models" / "matcher.npz"
    model.save(path)
    return path


def test_loaded_model_reads_as_the_saved_one(model: Model, saved: Path) -> None:
    loaded = Model.load(saved)
    for text in TEXTS:
        assert _read(loaded, text) == _read(model, text)
    assert (loaded.data_hash, loaded.figures) == (model.data_hash, model.figures)


def test_saving_leaves_nothing_else_behind(saved: Path) -> None:
    assert [path.name for path in saved.parent.iterdir()] == ["matcher.npz"]


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Model.load(tmp_path / "none.npz")


@pytest.mark.parametrize("place", [0, 30, 200, 0.3, 0.5, 0.9, -30, -1])
def test_one_changed_byte_is_refused(saved: Path, place: float) -> None:
    content = bytearray(saved.read_bytes())
    at = place if isinstance(place, int) else int(place * len(content))
    content[at] ^= 0xFF
    saved.write_bytes(content)
    try:
        loaded = Model.load(saved)
    except ModelError:
        return
    # bytes that only describe the archive, such as a date, may differ without harm
    assert all(_read(loaded, text).ranking for text in TEXTS)
    assert (saved.parent / "matcher.npz").exists()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 0.99])
def test_file_cut_short_is_refused(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError):
        Model.load(saved)


def test_changed_weights_are_refused(saved: Path) -> None:
    with np.load(saved) as file:
        arrays = {name: file[name].copy() for name in file.files}
    arrays["intents_weights"][0, 0] += 1
    np.savez(saved, **arrays)
    with pytest.raises(ModelError, match="changed"):
        Model.load(saved)


def test_files_of_others_are_refused(saved: Path) -> None:
    harmful = io.BytesIO()
    np.save(harmful, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for content in (pickle.dumps({"model": 1}), b"hello", b"", harmful.getvalue()):
        saved.write_bytes(content)
        with pytest.raises(ModelError):
            Model.load(saved)
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("header.npy", harmful.getvalue())
    with pytest.raises(ModelError):
        Model.load(saved)


def test_file_that_unpacks_to_more_is_refused(saved: Path) -> None:
    np.savez_compressed(saved, header=np.zeros(1000, dtype=np.uint8))
    with pytest.raises(ModelError, match="another program"):
        Model.load(saved)


def test_other_format_is_refused(saved: Path) -> None:
    sealed = json.dumps({"header": json.dumps({"kind": "amparo-matcher", "format": 0}), "checksum": ""})
    np.savez(saved, header=np.frombuffer(sealed.encode(), dtype=np.uint8))
    with pytest.raises(ModelError, match="another version"):
        Model.load(saved)


def test_place_that_cannot_be_written_is_named_as_such(model: Model, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        model.save(tmp_path / "file" / "matcher.npz")


def test_cache_is_used_for_the_same_examples_only(data: TrainingData, tmp_path: Path) -> None:
    path = tmp_path / "matcher.npz"
    steps: list[float] = []
    first = load_or_train(path, data, lambda step, share: steps.append(share))
    assert steps[-1] == 1.0
    assert steps == sorted(steps)
    steps.clear()
    assert load_or_train(path, data, lambda step, share: steps.append(share)).data_hash == first.data_hash
    assert steps == []
    more = replace(data, examples=(*data.examples, Example("gracias", "thanks", "es")))
    assert "thanks" in load_or_train(path, more).intents.names
    assert Model.load(path).data_hash == data_hash(more)


def test_damaged_cache_is_rebuilt(data: TrainingData, tmp_path: Path) -> None:
    path = tmp_path / "matcher.npz"
    path.write_bytes(b"not a model")
    with capture_logs() as logs:
        load_or_train(path, data)
    assert [entry["event"] for entry in logs] == ["matcher_cache_refused"]
    assert Model.load(path).data_hash == data_hash(data)


def test_cache_that_cannot_be_written_does_not_stop_the_bot(data: TrainingData, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        assert load_or_train(tmp_path / "file" / "matcher.npz", data).intents.names
    assert [entry["event"] for entry in logs] == ["matcher_cache_not_written"]


def test_training_twice_gives_the_same_model(data: TrainingData, model: Model) -> None:
    again = train(data)
    assert np.array_equal(again.intents.weights, model.intents.weights)
    assert again.flag_scales == model.flag_scales


def test_hash_names_text_flags_and_writers(data: TrainingData) -> None:
    first, *rest = data.examples
    changed = [replace(first, text="x"), replace(first, flags=()), replace(first, writer="x")]
    hashes = {data_hash(TrainingData((example, *rest))) for example in (first, *changed)}
    assert len(hashes) == 4


def test_nothing_to_train_from_is_an_error() -> None:
    with pytest.raises(ModelError, match="no examples"):
        train(TrainingData(()))
