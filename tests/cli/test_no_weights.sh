#!/bin/bash
# test_no_weights.sh - what a run without weights leaves, and what can be done with it.
# SPDX-License-Identifier: MIT
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

ok learn "$assets/swimmer" -o some -r 16 --solver minibatch --no-weights --iterations 60
there some/report.html some/figure.png some/steps.png some/emerge.png some/images.csv some/nmf/basis.npy some/nmf/model.json \
    some/nmf/basis.png some/nmf/weights.png some/nmf/reconstruction.png some/nmf/history.csv some/nmf/snapshots.npy
absent some/nmf/weights.npy some/nmf/membership.csv some/nmf/exemplars.png
same "$(json some/nmf/model.json weights) $(json some/nmf/model.json N)" 'false 256' 'model.json'
holds out 'weights were not kept'
same "$(page some/report.html methods 0 title)" NMF 'the page has the method'
basis=$(cksum <some/nmf/basis.npy)
cp some/report.html before.html

# it is a model: weights of images are found when they are wanted
ok transform some/nmf "$assets/swimmer" -o new
there new/weights.npy
run inspect some/nmf
expect 0
holds out 'of 256 images, not kept'
ok render some --palette gray
ok render some
same "$(page some/report.html images names 0)" "$(page before.html images names 0)" 'the page, drawn again'
ok report some
run render some --example 2
expect 2 'weights were not kept'
run learn "$assets/swimmer" -o again -r 16 --init-from some/nmf
expect 3 'some/nmf/weights.npy is not there: its weights were not kept (--no-weights)'
run learn "$assets/swimmer" -o again -r 16 --init-from some
expect 3 'some/weights.npy is not there: it holds results of methods; give one of them, as some/nmf'
run learn "$assets/swimmer" -o again -r 16 --init-from nowhere
expect 3 'nowhere/weights.npy is not there: a start is a folder with'

# the same bytes for any number of threads, and INPUT's own example
ok learn "$assets/swimmer" -o three -r 16 --solver minibatch --no-weights --iterations 60 --threads 3 --example 7
same "$(cksum <three/nmf/basis.npy)" "$basis" 'threads'
same "$(json three/summary.json example)" 7 'example'
ok learn "$assets/swimmer" -o squares -r 4 --solver minibatch --objective frobenius --no-weights --iterations 20
absent squares/nmf/weights.npy
printf 'id,a,b,c\nx,1,2,3\ny,2,1,1\nz,4,4,1\n' >table.csv
ok learn table.csv -o table -r 2 --solver minibatch --no-weights --iterations 20
absent table/nmf/weights.npy table/nmf/weights.csv
there table/nmf/basis.csv table/report.html

# what cannot be is said with what can
run learn "$assets/swimmer" -o no -r 4 --no-weights
expect 2 'by solver minibatch alone'
run learn "$assets/swimmer" -o no -r 4 --method pca --no-weights
expect 2 'PCA does not learn without its weights'
run learn "$assets/swimmer" -o no -r 16 --solver minibatch --no-weights --init-from some/nmf
expect 3 weights.npy
run stability "$assets/swimmer" -o no --no-weights
expect 2 no-weights
absent no
run compare "$assets/swimmer" -o most -r 4 --solver minibatch --no-weights --iterations 5
expect 0 'VQ does not learn without its weights'
there most/nmf/basis.npy
absent most/pca
run compare "$assets/swimmer" -o strict -r 4 --solver minibatch --no-weights --iterations 5 --strict
expect 3

finish
