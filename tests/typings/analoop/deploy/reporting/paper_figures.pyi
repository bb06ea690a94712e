from deploy.reporting.paper_figures import *
