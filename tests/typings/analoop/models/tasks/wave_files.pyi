from models.tasks.wave_files import *
