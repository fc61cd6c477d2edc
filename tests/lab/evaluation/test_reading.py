import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.evaluation.reading import malign_among, read_samples


def folder_of(where, *files):
    for name in files:
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(b"GIF89a")
    return where


def test_a_folder_has_a_folder_a_class(tmp_path):
    found = read_samples(folder_of(tmp_path, "benign/a.jpg", "benign/deep/b.png", "malign/c", "malign/notes/d.webp"))
    assert [(sample.path.name, sample.label) for sample in found.samples] == [
        ("a.jpg", "benign"),
        ("b.png", "benign"),
        ("c", "malign"),
        ("d.webp", "malign"),
    ]
    assert (found.malign, found.labels, found.benign_count) == (("malign",), ("benign", "malign"), 2)


@pytest.mark.parametrize(("name", "label", "malign"), [("benign", "benign", ()), ("1", "malign", ("malign",))])
def test_one_class_alone_is_enough(tmp_path, name, label, malign):
    found = read_samples(folder_of(tmp_path, f"{name}/deep/a.jpg", f"{name}/b", f"{name}/.hidden.jpg"))
    assert ([sample.label for sample in found.samples], found.malign) == ([label, label], malign)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (("a.jpg",), "no folders"),
        (("train/benign/a.jpg", "train/malign/b.jpg"), "no classes"),
        (("benign/notes.txt/none/.x",), "no pictures in it"),
        (("cats/a.jpg", "dogs/b.jpg"), "all of the classes cats, dogs are malign"),
    ],
)
def test_a_folder_that_holds_no_classes_is_refused(tmp_path, files, message):
    with pytest.raises(UsageError, match=message):
        read_samples(folder_of(tmp_path, *files))


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        read_samples(tmp_path / "none")
    with pytest.raises(UsageError, match="is a folder and has no columns; try --group-by parent"):
        read_samples(tmp_path, groups=["site"])
    (tmp_path / "labels.csv").write_text("path,label\nnone.jpg,benign\n")
    with pytest.raises(UsageError, match=r"none of its 1 rows can be used; .*line 2: none\.jpg: no such file"):
        read_samples(tmp_path / "labels.csv")


def test_pictures_can_be_grouped_by_their_folder_or_ending(tmp_path):
    folder_of(tmp_path, "benign/home/a.JPG", "malign/web/b.png")
    by_parent = read_samples(tmp_path, group_by="parent")
    assert [sample.groups for sample in by_parent.samples] == [(("parent", "home"),), (("parent", "web"),)]
    assert [sample.groups[0][1] for sample in read_samples(tmp_path, group_by="format").samples] == ["jpg", "png"]


def test_a_column_that_names_pictures_and_not_groups_is_refused(tmp_path):
    folder_of(tmp_path, *(f"benign/{number}/a.jpg" for number in range(201)))
    with pytest.raises(UsageError, match="'parent' has 201 different values; 200 groups at most"):
        read_samples(tmp_path, group_by="parent")


def test_which_classes_are_malign_may_be_said_and_is_otherwise_known_by_name():
    assert malign_among(("drawing", "neutral", "porn"), None) == ("porn",)
    assert malign_among(("drawing", "neutral"), None) == ()
    assert malign_among(("drawing", "neutral"), ["drawing"]) == ("drawing",)
    assert malign_among(("neutral",), ["neutral"]) == ("neutral",)
    with pytest.raises(UsageError, match="--malign 'hentai' is no class here"):
        malign_among(("neutral", "porn"), ["hentai"])
