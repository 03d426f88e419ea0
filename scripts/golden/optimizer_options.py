"""The optimisers that are compared, and how their options are spelt here."""

import torch

CAMEL = {"weight_decay": "weightDecay"}
OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "RMSprop": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}
