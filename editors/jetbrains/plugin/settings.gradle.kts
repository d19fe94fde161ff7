rootProject.name = "weft"
