from deploy.ladder.judgement import *
