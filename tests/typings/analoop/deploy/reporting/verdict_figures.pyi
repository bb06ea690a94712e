from deploy.reporting.verdict_figures import *
