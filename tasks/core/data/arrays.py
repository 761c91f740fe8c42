"""Names for the kinds of arrays that this package passes around."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Bins = NDArray[np.int8]
Dates = NDArray[np.datetime64]
