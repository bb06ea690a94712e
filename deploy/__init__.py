"""From a network to a board and back: train, compile, run, record, validate, explain, compare.

A name is imported when it is first used, so that the command line and the pytest plugin start at
once; what there is says __init__.pyi.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
