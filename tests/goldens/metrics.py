"""Metrics by scikit-learn on made-up predictions: writes metrics.json beside this file, with the predictions."""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics as M

warnings.filterwarnings("ignore", category=sklearn.exceptions.UndefinedMetricWarning)
random = np.random.default_rng(4)


def classes(name, count, number, true_classes=None, ties=False):
    """Scores of classes and labels; the scores lean towards the label."""
    labels = random.integers(0, true_classes or number, count)
    scores = random.normal(size=(count, number)) + 1.2 * np.eye(number)[labels]
    if ties:
        scores = np.round(scores)
    scores = scores.astype(np.float32).astype(np.float64)
    predicted = scores.argmax(1)
    every = list(range(number))
    out = {
        "accuracy": M.accuracy_score(labels, predicted),
        "confusion": M.confusion_matrix(labels, predicted, labels=every).tolist(),
        "perplexity": math.exp(M.log_loss(labels, softmax(scores), labels=every)),
    }
    for normalize in ["true", "pred", "all"]:
        out[f"confusion {normalize}"] = M.confusion_matrix(labels, predicted, labels=every, normalize=normalize).tolist()
    for k in range(1, number):
        # One label would make the scores binary ones for scikit-learn.
        out[f"top {k}"] = M.top_k_accuracy_score(labels, scores, k=k, labels=every)
    for key, score in [("precision", M.precision_score), ("recall", M.recall_score), ("f1", M.f1_score)]:
        for average in ["micro", "macro", "weighted"]:
            for zero in [0, 1]:
                out[f"{key} {average} {zero}"] = score(labels, predicted, average=average, zero_division=zero)
        out[f"{key} each"] = score(labels, predicted, average=None, labels=every, zero_division=0).tolist()
    golden = {"kind": "classes", "classes": number, "scores": scores.tolist(), "labels": labels.tolist()}
    if set(labels) == set(every):
        golden["probabilities"] = softmax(scores).tolist()
        for average in ["macro", "weighted"]:
            out[f"auc {average}"] = M.roc_auc_score(labels, softmax(scores), multi_class="ovr", average=average)
    return {**golden, "metrics": out}


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def binary(name, count, lean, decimals, rate=0.5):
    labels = (random.random(count) < rate).astype(int)
    scores = np.clip(0.5 + lean * (labels - 0.5) + 0.25 * random.normal(size=count), 0.001, 0.999)
    scores = np.round(scores, decimals).astype(np.float32).astype(np.float64)
    predicted = (scores > 0.5).astype(int)
    out = {"accuracy": M.accuracy_score(labels, predicted), "auc": M.roc_auc_score(labels, scores)}
    for key, score in [("precision", M.precision_score), ("recall", M.recall_score), ("f1", M.f1_score)]:
        for average in ["binary", "micro", "macro", "weighted"]:
            out[f"{key} {average} 0"] = score(labels, predicted, average=average, zero_division=0)
    for drop in [True, False]:
        fpr, tpr, thresholds = M.roc_curve(labels, scores, drop_intermediate=drop)
        # JSON has no infinity: the first threshold is left out.
        out[f"roc {'dropped' if drop else 'whole'}"] = [fpr.tolist(), tpr.tolist(), thresholds[1:].tolist()]
    return {"kind": "binary", "scores": scores.tolist(), "labels": labels.tolist(), "metrics": out}


def regression(shape, offset, constant=None):
    targets = random.normal(size=shape) * np.arange(1, (shape[1] if len(shape) > 1 else 1) + 1) + offset
    predictions = targets + 0.4 * random.normal(size=shape)
    if constant is not None:
        targets[:, constant] = 2.5
        predictions[:, constant] = 2.5
    out = {
        "mse": M.mean_squared_error(targets, predictions),
        "mae": M.mean_absolute_error(targets, predictions),
        "r2 uniformAverage": M.r2_score(targets, predictions),
        "r2 varianceWeighted": M.r2_score(targets, predictions, multioutput="variance_weighted"),
    }
    return {"kind": "regression", "predictions": predictions.tolist(), "targets": targets.tolist(), "metrics": out}


goldens = {
    "four classes": classes("four", 50, 4),
    "ties": classes("ties", 40, 5, ties=True),
    "a class without labels": classes("absent", 24, 6, true_classes=4),
    "one class of three": classes("one", 7, 3, true_classes=1),
    "binary": binary("binary", 45, 0.3, 5),
    "binary with equal scores": binary("equal", 60, 0.2, 1),
    "binary, few ones": binary("few", 50, 0.4, 3, rate=0.1),
    "regression": regression([37], 0),
    "regression far from 0": regression([40], 1e5),
    "regression of 3 outputs": regression([21, 3], 1),
    "regression with a constant output": regression([9, 2], 0, constant=1),
}
lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in goldens.items()]
(pathlib.Path(__file__).parent / "metrics.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
count = sum(len(value["metrics"]) for value in goldens.values())
print(f"metrics: {count} figures, scikit-learn {sklearn.__version__}")
