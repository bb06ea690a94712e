from deploy.recordings.nir_export import *
