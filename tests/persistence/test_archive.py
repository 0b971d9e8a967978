"""Files that are damaged or forged get one clear error and no harm done."""

import copy
import io
import json
import pickle
import re
import stat
import zipfile
from hashlib import sha256

import joblib
import pytest

import skse
from skse.persistence import ModelFileError, read_card
from skse.persistence._archive import Archive, write_archive

DATA = {"card.json": b"{}", "arrays.npy": bytes(range(256)) * 8}


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain.skse"
    write_archive(path, DATA)
    return path


def rewrite(path, edit):
    """Write a zip again; `edit` gets the members as a list of [ZipInfo, bytes]."""
    with zipfile.ZipFile(path) as archive:
        members = [[info, archive.read(info)] for info in archive.infolist()]
    edit(members)
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in members:
            archive.writestr(info, data, info.compress_type)


def read_all(path):
    with Archive(path) as archive:
        return {name: archive.read(name) for name in archive.names}


def open_error(path, read=read_all):
    with pytest.raises(ModelFileError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path} cannot be loaded: ")
    assert "\n" not in text
    return text


def test_what_is_written_is_read(plain):
    assert read_all(plain) == DATA
    with Archive(plain) as archive:
        assert archive.read_json("card.json") == {}
        with pytest.raises(ModelFileError, match="has no member 'x'"):
            archive.read("x")


def test_same_members_same_bytes_and_nothing_else_beside_it(plain, tmp_path):
    before = plain.read_bytes()
    write_archive(plain, DATA)
    assert plain.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["plain.skse"]


def test_a_failed_write_leaves_what_was_there(plain, tmp_path):
    before = plain.read_bytes()
    with pytest.raises(TypeError):
        write_archive(plain, {"card.json": b"{}", "late.json": bytearray()} | {"x.npy": [1]})
    assert plain.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["plain.skse"]


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        skse.load(tmp_path / "none.skse")


def test_every_truncation_is_found(plain):
    whole = plain.read_bytes()
    for n in range(0, len(whole), 97):
        plain.write_bytes(whole[:n])
        assert re.search("cut off or damaged|no model file", open_error(plain))


def test_every_changed_byte_is_found_or_harmless(plain):
    """A changed byte gives the error, or lies where it changes nothing, such as in a date."""
    whole = plain.read_bytes()
    n_found = 0
    for i in range(0, len(whole), 7):
        plain.write_bytes(whole[:i] + bytes([whole[i] ^ 0x55]) + whole[i + 1 :])
        try:
            assert read_all(plain) == DATA
        except ModelFileError:
            n_found += 1
    assert n_found > 0.8 * len(whole) / 7


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"PK\x03\x04 and no more"])
def test_not_a_zip(content, tmp_path):
    path = tmp_path / "other.skse"
    path.write_bytes(content)
    assert re.search("no model file|damaged", open_error(path))


def test_joblib_and_pickle_are_sent_on(tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump([1], path)
    assert "Use joblib.load" in open_error(path)
    path = tmp_path / "model.skse"
    path.write_bytes(pickle.dumps([1]))
    assert "loading it can run any code" in open_error(path)


def test_a_zip_of_something_else(tmp_path):
    path = tmp_path / "other.skse"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", "{}")
    assert "no manifest.json" in open_error(path)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up.json", "a/../../b.json", "C:\\x", "a//b", "a b", ".x", "folder/"]
)
def test_names_that_lead_elsewhere(name, plain):
    rewrite(plain, lambda members: members.append([zipfile.ZipInfo(name), b""]))
    assert "a name that no model file uses" in open_error(plain)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["card.json", "CARD.json"])
def test_duplicate_members(name, plain):
    rewrite(plain, lambda members: members.append([zipfile.ZipInfo(name), b"{}"]))
    assert "two members of one name" in open_error(plain)


def test_links(plain):
    def edit(members):
        members[1][0].external_attr = (stat.S_IFLNK | 0o777) << 16

    rewrite(plain, edit)
    assert "is a link or encrypted" in open_error(plain)


def test_members_that_the_manifest_does_not_list(plain):
    rewrite(plain, lambda members: members.append([zipfile.ZipInfo("extra.json"), b"{}"]))
    assert "disagree on 'extra.json'" in open_error(plain)


def test_members_that_are_gone(plain):
    rewrite(plain, lambda members: members.pop())
    assert "disagree on 'arrays.npy'" in open_error(plain)


def test_edited_members(plain):
    def edit(members):
        members[1][1] = b"[]"

    rewrite(plain, edit)
    assert "'card.json' was changed" in open_error(plain)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 3, "skse_version": "9.1"}, "skse 9.1 wrote it in format 3, .* update"),
        ({"format_version": 0}, "format 0"),
        ({"format_version": "1"}, "reads formats 1 to 2; update skse"),
        ({"format_version": True}, "reads formats 1"),
        ({"format": "other"}, "does not describe an skse model"),
        ({"members": []}, "does not list its members"),
        ({"members": {"card.json": 3}}, "does not list its members"),
    ],
)
def test_manifests_of_others(changes, message, plain, forge):
    assert re.search(message, open_error(forge(plain, **changes)))


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"a": NaN}', b"[" * 100_000, b"\xff"])
def test_manifests_that_are_no_manifest(text, plain):
    def edit(members):
        members[0][1] = text

    rewrite(plain, edit)
    assert "manifest.json" in open_error(plain)


def test_compressed_bomb(plain):
    """64 MB of zeros in 64 kB, under a name that the manifest lists."""
    bomb = bytes(64 * 2**20)

    def edit(members):
        manifest = json.loads(members[0][1])
        entry = {"size": len(bomb), "sha256": sha256(bomb).hexdigest()}
        manifest["members"]["bomb.json"] = entry
        members[0][1] = json.dumps(manifest).encode()
        info = zipfile.ZipInfo("bomb.json")
        info.compress_type = zipfile.ZIP_DEFLATED
        members.append([info, bomb])

    rewrite(plain, edit)
    assert plain.stat().st_size < 2**17
    assert "claims 67108864 bytes" in open_error(plain)


def set_sizes(path, name, *, real=None, packed=None):
    """Let the directory of a zip claim other sizes for a member."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46  # its entry in the central directory
    assert data[at : at + 4] == b"PK\x01\x02"
    if packed is not None:
        data[at + 20 : at + 24] = packed.to_bytes(4, "little")
    if real is not None:
        data[at + 24 : at + 28] = real.to_bytes(4, "little")
    path.write_bytes(data)


def test_a_member_that_claims_to_be_smaller_than_it_is(plain):
    """Unpacking stops at what is claimed, and the check sum does not fit."""
    text = json.dumps(["long"] * 10_000).encode()
    write_archive(plain, {**DATA, "late.json": text})
    set_sizes(plain, "late.json", real=100)
    assert "'late.json' is damaged" in open_error(plain)


def test_a_member_that_claims_to_be_larger_than_the_file(plain):
    set_sizes(plain, "arrays.npy", real=2**31, packed=2**31)
    assert re.search("overlap|damaged", open_error(plain))
    set_sizes(plain, "arrays.npy", real=2**31, packed=10)
    assert "claims 2147483648 bytes" in open_error(plain)


def test_members_that_share_bytes(tmp_path):
    """Two entries of the directory name the same 2 kB; together they exceed the file."""
    path = tmp_path / "shared.skse"
    data = DATA["arrays.npy"]
    entry = {"size": len(data), "sha256": sha256(data).hexdigest()}
    manifest = {
        "format": "skse model",
        "format_version": 1,
        "members": {"arrays.npy": entry, "twin.npy": entry},
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("arrays.npy", data)
        twin = copy.copy(archive.getinfo("arrays.npy"))
        twin.filename = "twin.npy"
        archive.filelist.append(twin)
    assert path.stat().st_size < 2 * len(data)
    assert "its members overlap" in open_error(path)


def test_too_many_members(plain, monkeypatch):
    monkeypatch.setattr("skse.persistence._archive._MOST_MEMBERS", 2)
    assert "3 members" in open_error(plain)


def test_other_compressions(plain):
    def edit(members):
        members[1][0].compress_type = zipfile.ZIP_LZMA

    rewrite(plain, edit)
    assert "claims" in open_error(plain)


def test_read_card_needs_only_the_card(forge, model_file):
    path = forge(model_file, {"estimator.json": b"nothing"})
    assert read_card(path)["licence"] == "CC0"
    path = forge(model_file, {"card.json": b"[]"})
    assert "not a model card" in open_error(path, read_card)


def test_a_pickle_inside_is_never_looked_at(forge, model_file):
    stream = io.BytesIO()
    joblib.dump(print, stream)
    assert "a name that no" in open_error(forge(model_file, {"estimator.pkl": stream.getvalue()}))
    path = forge(model_file, {"estimator.json": stream.getvalue()})
    assert "is not JSON" in open_error(path, skse.load)
