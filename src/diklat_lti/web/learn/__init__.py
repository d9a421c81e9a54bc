"""What a learner opens (/learn), one file for each subject; `routes` gathers them."""
