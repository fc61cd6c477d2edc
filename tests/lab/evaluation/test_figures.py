import csv
import io
import json

import numpy as np
import pytest
from sklearn import metrics

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.evaluation import tables
from geacc_proxy.lab.evaluation.asdata import as_data
from geacc_proxy.lab.evaluation.estimate import Share
from geacc_proxy.lab.evaluation.evaluation import evaluate
from geacc_proxy.lab.evaluation.figures import Options
from geacc_proxy.lab.evaluation.scored import ModelScores, Scored
from geacc_proxy.lab.evaluation.scoresheet import write_scores
from geacc_proxy.models import registry
from tests.lab.evaluation.made_up import samples_of, scores_of

OPTIONS = Options(cut_off=0.5, rates=(0.5, 0.3, 0.2), mistakes=2, seed=1)
LABELS = ["benign"] * 6 + ["malign"] * 4
VALUES = [0.9, 0.6, 0.7, 0.1, 0.2, None, 0.8, 0.4, 0.3, 0.45]


def evaluated(labels=LABELS, values=VALUES, malign=("malign",), options=OPTIONS, **more):
    samples = samples_of(labels, malign, **more)
    return evaluate("pictures", samples, [scores_of(samples, values)], options)


def test_figures_are_computed_on_what_was_judged():
    (one,) = evaluated().models
    assert len(one.values) == 9
    assert [file.problem for file in one.unjudged] == ["damaged"]
    assert one.chosen.confusion.false_alarms == Share(3, 5)
    assert one.chosen.confusion.recall == Share(1, 4)
    truth = [label == "malign" for label, value in zip(LABELS, VALUES, strict=True) if value is not None]
    scores = [value for value in VALUES if value is not None]
    assert one.auc.value == pytest.approx(metrics.roc_auc_score(truth, scores))
    assert one.average_precision.value == pytest.approx(metrics.average_precision_score(truth, scores))


def test_figures_at_the_thresholds_of_the_card_come_beside_those_at_the_cut_off():
    (one,) = evaluated().models
    assert [(at.name, at.cut_off) for at in one.cut_offs] == [
        ("cut-off", 0.5),
        ("strict", 0.5),
        ("balanced", 0.7),
        ("lenient", 0.85),
    ]
    assert [at.confusion.alarms for at in one.cut_offs] == [3, 3, 2, 1]


def test_what_cannot_be_judged_counts_as_the_proxy_treats_it():
    (one,) = evaluated().models
    assert one.chosen.as_proxied == (Share(4, 6), Share(3, 4))
    samples = samples_of(["malign", "malign", "benign"])
    tiny = Scored(samples.samples[1], None, problem="tiny", hidden=False)
    model = scores_of(samples, [0.9, None, 0.1])
    files = (model.files[0], tiny, model.files[2])
    found = evaluate("pictures", samples, [ModelScores("one", model.card, files)], OPTIONS).models[0]
    assert found.chosen.as_proxied == (Share(0, 1), Share(1, 2))


def test_the_worst_mistakes_come_first_and_no_more_than_asked():
    (one,) = evaluated().models
    assert [file.malign for file in one.false_alarms] == [0.9, 0.7]
    assert [file.malign for file in one.misses] == [0.3, 0.4]


def test_benign_pictures_alone_tell_false_alarms_and_nothing_of_misses():
    result = evaluated(["benign"] * 4, [0.9, 0.1, 0.2, 0.3], malign=())
    (one,) = result.models
    assert one.chosen.confusion.false_alarms == Share(1, 4)
    assert (one.auc.value, one.average_precision.value, one.chosen.confusion.recall.value) == (None, None, None)
    assert any("no malign pictures" in note for note in result.notes)
    assert json.dumps(as_data(result), allow_nan=False)


def test_malign_pictures_alone_tell_misses_and_nothing_of_false_alarms():
    result = evaluated(["malign"] * 3, [0.9, 0.1, 0.8])
    assert result.models[0].chosen.confusion.misses == Share(1, 3)
    assert result.models[0].chosen.confusion.false_alarms.value is None
    assert any("no benign pictures" in note for note in result.notes)


def test_a_model_that_can_judge_nothing_is_an_error_that_says_why():
    with pytest.raises(GeaccError, match=r"one could judge none of its 1 pictures; 0\.jpg: damaged"):
        evaluated(["benign"], [None], malign=())


def test_copies_and_pictures_with_two_labels_are_told():
    samples = samples_of(["benign", "benign", "malign"])
    files = tuple(Scored(sample, 0.5, digest="same") for sample in samples.samples)
    notes = evaluate("pictures", samples, [ModelScores("one", registry.find().card, files)], OPTIONS).notes
    assert "2 pictures are copies of others, byte for byte; each counts." in notes
    assert "The same picture has different labels: 0.jpg, 1.jpg, 2.jpg." in notes


def three_classes(model_labels):
    classes = ["drawing", "porn", "violence"]
    truth = ["drawing", "drawing", "porn", "porn", "violence", "violence"]
    taken = ["drawing", "porn", "porn", "porn", "violence", "drawing"]
    samples = samples_of(truth, ("porn", "violence"))
    files = tuple(
        Scored(
            sample, float(guess != "drawing"), tuple((name, float(name.casefold() == guess)) for name in model_labels)
        )
        for sample, guess in zip(samples.samples, taken, strict=True)
    )
    return (
        classes,
        truth,
        taken,
        evaluate("pictures", samples, [ModelScores("one", registry.find().card, files)], OPTIONS),
    )


def test_a_model_with_the_same_classes_has_figures_by_class_as_scikit_learns():
    classes, truth, taken, result = three_classes(["Violence", "Drawing", "Porn"])
    found = result.models[0].classes
    assert found.table.tolist() == metrics.confusion_matrix(truth, taken, labels=classes).tolist()
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, taken, labels=classes)
    assert [one.precision.value for one in found.classes] == pytest.approx(precision.tolist())
    assert [one.recall.value for one in found.classes] == pytest.approx(recall.tolist())
    assert [one.f1 for one in found.classes] == pytest.approx(f1.tolist())
    assert found.accuracy == Share(4, 6)
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, taken, average="macro"))
    assert [one.flagged for one in found.classes] == [Share(1, 2), Share(2, 2), Share(1, 2)]
    assert [table.title for table in tables.classes(result.models[0])] == [
        "By class",
        "Which class was taken for which",
    ]


def test_a_model_with_other_labels_has_shares_by_class_alone():
    _, _, _, result = three_classes(["benign", "malign"])
    found = result.models[0].classes
    assert (found.table, found.accuracy, found.macro_f1) == (None, None, None)
    assert [one.flagged for one in found.classes] == [Share(1, 2), Share(2, 2), Share(1, 2)]
    assert "other labels" in tables.classes(result.models[0])[0].note


def test_the_data_has_every_figure_and_is_json():
    result = evaluated(column=["a", "b"] * 5)
    data = json.loads(json.dumps(as_data(result), allow_nan=False))
    assert data["data"]["benign"] == 6
    (model,) = data["models"]
    assert model["at"]["cut-off"]["confusion"] == {
        "true_positives": 1,
        "false_negatives": 3,
        "false_positives": 3,
        "true_negatives": 2,
    }
    assert model["at"]["cut-off"]["false_alarm_rate"]["value"] == 0.6
    assert model["not_judged"][0]["problem"] == "damaged"
    assert model["groups"][0]["column"] == "site"
    assert model["curve"]["malign_flagged"][-1] == 4
    assert np.all(np.diff(model["curve"]["threshold"]) < 0)


def test_the_same_scores_and_seed_give_the_same_data():
    assert as_data(evaluated()) == as_data(evaluated())


def test_scores_are_written_as_predict_writes_them_with_what_the_file_is():
    samples = samples_of(["benign", "malign", "benign"], column=["home", "web", "web"])
    stream = io.StringIO()
    write_scores(stream, scores_of(samples, [0.25, 0.75, None]), 0.5)
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [
        ["Filename", "Prediction", "Latency (ms)", "Benign Score", "Malign Score", "Label", "site", "Problem"],
        ["0.jpg", "benign", "0", "0.7500", "0.2500", "benign", "home", ""],
        ["1.jpg", "malign", "1", "0.2500", "0.7500", "malign", "web", ""],
        ["2.jpg", "", "", "", "", "benign", "web", "damaged"],
    ]
