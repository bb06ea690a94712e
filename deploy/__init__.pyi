from .boards import BoardRow as BoardRow, list_boards as list_boards
from .comparison.comparison import Comparison as Comparison, compare as compare
from .compilation import compile as compile, decoded_network as decoded_network
from .conversion import convert as convert
from .demonstration import demo as demo
from .diagnosis import doctor as doctor
from .execution import run as run, run_virtual as run_virtual, verify as verify
from .inspection import (
    inspect as inspect,
    inspect_mismatch as inspect_mismatch,
    inspect_neuron as inspect_neuron,
    inspect_tag as inspect_tag,
)
from .ladder.explanation import explain as explain
from .population.promise import Promise as Promise, Verdict as Verdict
from .probing import probe as probe
from .program import Program as Program
from .quantization import (
    WeightCode as WeightCode,
    decode_masks as decode_masks,
    encode_masks as encode_masks,
    fit_weight_currents as fit_weight_currents,
    nearest_levels as nearest_levels,
    snr_db as snr_db,
    subset_sums as subset_sums,
)
from .recordings.plan import Plan as Plan
from .recordings.recording_set import RecordingSet as RecordingSet, load_finished as load_finished
from .recordings.session import record as record
from .shipped import shipped_network as shipped_network
from .training import load_task as load_task, train as train
from .validation import Report as Report, Sweep as Sweep, validate as validate
