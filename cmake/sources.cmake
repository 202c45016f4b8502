# Finds the sources of the addons. Included by CMakeLists.txt; scripts and tests in TypeScript use scripts/kernels/files.ts.
#
# Every folder is searched, so a new family of kernels needs no line here. If a folder has no sources, the configuration
# stops, unless the folder is named below as one without sources.

# Sets `result` to the files of `folder` with this suffix.
function(sources_in result folder suffix)
  file(GLOB found CONFIGURE_DEPENDS ${folder}/*.${suffix})
  if(NOT found)
    message(FATAL_ERROR "${folder} has no .${suffix} file: remove the folder, or name it in cmake/sources.cmake as one "
                        "without sources")
  endif()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# Sets `result` to the files with this suffix in the folders of `root`, except in the folders named after it.
function(sources_in_folders result root suffix)
  file(GLOB folders CONFIGURE_DEPENDS RELATIVE ${root} ${root}/*)
  set(all)
  foreach(folder IN LISTS folders)
    if(IS_DIRECTORY ${root}/${folder} AND NOT folder IN_LIST ARGN)
      sources_in(found ${root}/${folder} ${suffix})
      list(APPEND all ${found})
    endif()
  endforeach()
  if(NOT all)
    message(FATAL_ERROR "${root} has no folder with .${suffix} files")
  endif()
  set(${result} ${all} PARENT_SCOPE)
endfunction()

# Sets `result` to the kernels below the checkout `root` that are named after it: "*" for all, "matmul" for a folder,
# "softmax", "softmax.cu" or "normalization/softmax" for a file. If a folder and a file share a name, "matmul" is the
# folder and "matmul.cu" the file. A name has no wildcards, except for "*" alone.
function(kernel_sources result root)
  set(kernels ${root}/kernels)
  # runtime and ptx have no kernels, and tuning has measured choices.
  sources_in_folders(all ${kernels} cu emulator ptx runtime tuning)
  set(chosen)
  foreach(name IN LISTS ARGN)
    set(found)
    if(name STREQUAL "*")
      set(found ${all})
    elseif(name MATCHES "[][*?]")
      message(FATAL_ERROR "WENGERT_KERNELS: ${name} has wildcards; name folders and files of kernels/, or * for all")
    elseif(IS_DIRECTORY ${kernels}/${name})
      file(GLOB found CONFIGURE_DEPENDS ${kernels}/${name}/*.cu)
    else()
      string(REGEX REPLACE "\\.cu$" "" stem ${name})
      file(GLOB found CONFIGURE_DEPENDS ${kernels}/${stem}.cu ${kernels}/*/${stem}.cu)
    endif()
    if(NOT found)
      message(FATAL_ERROR "WENGERT_KERNELS: ${name} is neither a folder of kernels/ with .cu files nor a .cu file in one")
    endif()
    list(APPEND chosen ${found})
  endforeach()
  if(NOT chosen)
    message(FATAL_ERROR "WENGERT_KERNELS matches no file; set it to * for all kernels")
  endif()
  list(REMOVE_DUPLICATES chosen)
  set(${result} ${chosen} PARENT_SCOPE)
endfunction()

# Sets `result` to the sources of the emulator.
function(emulator_sources result root)
  # types has headers only, and tests has separate programs.
  sources_in_folders(found ${root}/kernels/emulator cpp tests types)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# Sets `result` to the sources of the addon, including those of every device.
function(addon_sources result root)
  sources_in(top ${root}/native cc)
  sources_in_folders(topics ${root}/native cc)
  set(${result} ${top} ${topics} PARENT_SCOPE)
endfunction()
