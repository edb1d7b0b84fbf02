"""Cases of the layers every network starts from; see ``tests/parity/test_layers.py``."""

CASES = [
    ("Dense", lambda layers: layers.Dense(3), (2, 4)),
    ("Dense relu on sequences", lambda layers: layers.Dense(3, "relu"), (2, 5, 4)),
    ("Dense without bias", lambda layers: layers.Dense(2, "tanh", use_bias=False), (3, 4)),
    ("Activation", lambda layers: layers.Activation("gelu"), (2, 4)),
    ("Flatten", lambda layers: layers.Flatten(), (2, 3, 4)),
    ("Flatten first", lambda layers: layers.Flatten("channels_first"), (2, 3, 4)),
    ("Reshape", lambda layers: layers.Reshape((2, -1)), (2, 3, 4)),
    ("Identity", lambda layers: layers.Identity(), (2, 3)),
    ("Dropout at inference", lambda layers: layers.Dropout(0.5), (2, 3)),
]
