import numpy as np
import pytest

from minikeras import losses

Y_TRUE = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
Y_PRED = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def test_dice_of_equal_and_of_separate_areas():
    assert losses.dice(Y_TRUE, Y_TRUE) == pytest.approx(0.0, abs=1e-7)
    assert losses.dice(Y_TRUE, 1.0 - Y_TRUE) == pytest.approx(1.0)
    assert losses.dice(np.zeros((1, 2)), np.zeros((1, 2))) == pytest.approx(1.0)


def test_dice_of_the_batch_adds_up_all_areas_first():
    assert losses.dice(Y_TRUE, Y_PRED) == pytest.approx(1 - 2 * 1 / (3 + 3))
    assert losses.dice(Y_TRUE, Y_PRED, axis=-1) == pytest.approx([0.5, 1.0])


def test_tversky_weighs_what_is_missed_and_what_is_extra():
    missed, extra = np.array([[1.0, 0.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0, 0.0]])
    y_true = Y_TRUE[:1]
    for alpha, beta in ((0.2, 0.8), (1.0, 0.0)):
        got = losses.tversky(y_true, missed, alpha, beta)
        assert got == pytest.approx(1 - 1 / (1 + alpha), abs=1e-6)
        got = losses.tversky(y_true, extra, alpha, beta)
        assert got == pytest.approx(1 - 2 / (2 + beta), abs=1e-6)


def test_tversky_of_halves_is_dice():
    y_pred = np.random.default_rng(0).random((2, 4))
    expected = losses.dice(Y_TRUE, y_pred, axis=-1)
    assert losses.tversky(Y_TRUE, y_pred, axis=-1) == pytest.approx(expected, rel=1e-6)


def test_one_loss_for_the_batch_cannot_be_weighted():
    with pytest.raises(ValueError, match="one value per sample to weight"):
        losses.Dice()(Y_TRUE, Y_PRED, [1.0, 2.0])
    assert losses.Dice(axis=-1)(Y_TRUE, Y_PRED, [1.0, 2.0]) == pytest.approx((0.5 + 2.0) / 2)


@pytest.mark.parametrize("loss", [losses.Dice(), losses.Dice(axis=-1), losses.Tversky()])
def test_one_number_weighs_the_batch(loss):
    expected = 3.0 * float(loss(Y_TRUE, Y_PRED))
    assert loss(Y_TRUE, Y_PRED, 3.0) == pytest.approx(expected)


def test_axes_from_a_file_are_a_list():
    images = np.random.default_rng(1).random((2, 3, 3, 1))
    expected = losses.dice(images, images**2, axis=(1, 2, 3))
    assert expected.shape == (2,)
    loss = losses.Dice.from_config({"axis": [1, 2, 3]})
    assert loss.per_sample(images, images**2) == pytest.approx(expected)
