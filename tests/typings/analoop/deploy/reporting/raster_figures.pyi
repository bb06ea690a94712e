from deploy.reporting.raster_figures import *
