"""The ways to make new prompts that come with the package, one file each; see `akd_code.curriculum.way`."""
