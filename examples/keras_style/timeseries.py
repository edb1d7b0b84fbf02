"""A forecast: windows of a series, an LSTM and a convolution over time.

    python examples/keras_style/timeseries.py

The series is generated: the temperature of three years, hour by hour, with seasons, days and a
weather that changes slowly. From the last two days the models tell what it will be in twelve
hours. Saying "as warm as twelve hours before that, a day before then" is the mark to beat.
"""

import numpy as np

import minikeras as keras

keras.utils.set_random_seed(15)
rng = np.random.default_rng(15)

hours = np.arange(3 * 365 * 24 // 2)
weather = np.zeros(len(hours))
for i in range(1, len(hours)):
    weather[i] = 0.985 * weather[i - 1] + 0.6 * rng.standard_normal()
season = 9 * np.sin(2 * np.pi * hours / (365 * 24) - 2)
day = (4 + 2 * np.sin(2 * np.pi * hours / (365 * 24))) * np.sin(2 * np.pi * hours / 24 - 2)
temperature = 10 + season + day + weather

split = 10_000
mean, deviation = temperature[:split].mean(), temperature[:split].std()
series = ((temperature - mean) / deviation).astype("float32")[:, None]

WINDOW, AHEAD = 48, 12


def windows(part, shuffle):
    """Return batches of windows, each with the temperature ``AHEAD`` hours after its end."""
    return keras.utils.timeseries_dataset_from_array(
        part,
        targets=part[WINDOW + AHEAD - 1 :],
        sequence_length=WINDOW // 2,
        sampling_rate=2,
        sequence_stride=3,
        batch_size=64,
        shuffle=shuffle,
        seed=15,
    )


train, test = windows(series[:split], True), windows(series[split:], False)

# A day before the hour that is asked for: in a window of two days, twelve hours before its end.
errors = [np.abs(x[:, -(24 - AHEAD) // 2] - y) for x, y in test]
naive = deviation * float(np.concatenate([np.array(e) for e in errors]).mean())

recurrent = keras.Sequential(
    [
        keras.Input(shape=(WINDOW // 2, 1)),
        keras.layers.LSTM(24),
        keras.layers.Dense(1),
    ],
    name="lstm",
)
convolutional = keras.Sequential(
    [
        keras.Input(shape=(WINDOW // 2, 1)),
        keras.layers.Conv1D(16, 5, padding="causal", activation="relu"),
        keras.layers.Conv1D(16, 5, padding="causal", dilation_rate=2, activation="relu"),
        keras.layers.AveragePooling1D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(1),
    ],
    name="conv1d",
)
results = {}
for model in (recurrent, convolutional):
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse", metrics=["mae"])
    model.fit(train, epochs=10, validation_data=test, verbose=2)
    results[model.name] = deviation * model.evaluate(test, verbose=0, return_dict=True)["mae"]

print(
    f"Off by {naive:.2f} degrees without a model, {results['lstm']:.2f} with LSTM, "
    f"{results['conv1d']:.2f} with Conv1D"
)
